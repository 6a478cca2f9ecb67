import time, tracemalloc
from datetime import timedelta
from tests.factories.chains import chain, local
from tests.factories.entries import Rated, keep
from tests.factories.studies import study
from tests.house import House
import cProfile, pstats


def test_speed(house: House):
    bram = house.login("nurse")
    found = study(house)
    for p in range(60):
        a = house.patient(cares_for=[bram])
        chain(
            house,
            a,
            [
                "2024-06-03 09:00",
                "2024-07-01 09:00",
                "2024-07-29 09:00",
                "2024-08-26 09:00",
                "2024-09-23 09:00",
                "2024-10-21 09:00",
                "2024-11-18 09:00",
                "2024-12-16 09:00",
                "2025-01-13 09:00",
                "2025-02-10 09:00",
            ],
        )
        start = local("2024-06-03 20:00")
        keep(
            house,
            a,
            [
                Rated(
                    start + timedelta(days=d),
                    {"fatigue": d % 10, "pain": 3, "mood": 2, "sleep": 4, "walking": 1, "vision": 0, "spasm": 5},
                )
                for d in range(300)
            ],
        )
        found.join(a, bram)
    for ds in ("entries", "intervals", "samples", "answers"):
        t = time.perf_counter()
        n = len(found.text(ds))
        print(ds, n, round(time.perf_counter() - t, 3))
