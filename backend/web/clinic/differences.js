/** The differences of the intervals one after another: what the figure of before and after stretching holds. */

const LEAST = 4;
const PERIODS = ["earlier", "before", "after"];

/** Return the panel: a dot per interval, periods as `blocks`, the threshold as a rule; `from` and `to` end its axis. */
export function differences({ intervals, stretching, settings }, { class_of: classOf, threshold }) {
  const known = intervals.filter(({ diary }) => diary.assessable).map(({ diary }) => diary.difference);
  const high = Math.ceil(Math.max(...known, LEAST) + 0.5);
  const low = Math.floor(Math.min(...known, -1) - 0.5);
  const step = high - low > 8 ? 4 : 2;
  return {
    y: { min: low, max: high, log: false, ticks: steps(low, high, step) },
    lines: [],
    bands: [],
    dots: intervals.map(({ interval: x, planned_weeks: weeks, diary }) =>
      diary.assessable ? { x, y: diary.difference, shape: "circle", kind: classOf(weeks), open: !diary.wearing_off, r: 6 } : { x, y: low + (high - low) / 16, shape: "square", kind: "soft", open: true, struck: true, r: 4 },
    ),
    labels: [],
    rules: [{ y: settings.threshold, kind: "target", text: threshold(settings.threshold) }],
    blocks: PERIODS.filter((name) => stretching[name]).map((name) => ({ name, from: Math.min(...stretching[name].intervals) - 0.5, to: Math.max(...stretching[name].intervals) + 0.5 })),
    ticks: intervals.map(({ interval: at, planned_weeks: weeks }) => ({ at, weeks })),
    marks: stretching.after ? [{ x: Math.min(...stretching.after.intervals) - 0.5, kind: "stretched" }] : [],
    from: 0.4,
    to: Math.max(intervals.length, 6) + 0.6,
  };
}

function steps(low, high, step) {
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step) + 1 }, (_, at) => first + at * step);
}
