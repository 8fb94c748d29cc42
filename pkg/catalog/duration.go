package catalog

import "time"

// Duration is a length of time written as a whole number and a unit: s, m, h,
// d (24 hours) or w (7 days). Convert it with time.Duration(d).
type Duration time.Duration
