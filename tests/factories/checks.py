"""Checks that were done, as staff record them."""

import factory


class CheckBody(factory.DictFactory):
    """The body of POST .../monitoring; `treatment_id` is the test's own."""

    check = "jcv-antibody"
    done_on = "2026-05-20"
