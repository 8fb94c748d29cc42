package query

import "math"

// A sketch counts observations in logarithmic buckets of their absolute value,
// after DDSketch (Masson, Rim, Lee: "DDSketch: A fast and fully-mergeable
// quantile sketch with relative-error guarantees", VLDB 2019). Bucket i holds
// the values in (γ^(i-1), γ^i]; any value in it is within a relative error of
// (γ-1)/(γ+1), less than 1 %, of 2γ^i/(γ+1).
//
// A code names a bucket: SketchZero for 0, SketchOffset + i for positive values,
// -(SketchOffset + i) for negative ones. Codes therefore sort as the values do.
const (
	SketchGamma    = 1.02
	SketchZero     = int32(0)
	SketchOffset   = int32(40_000)        // beyond |i| of every float64, so i may be negative
	SketchExcluded = int32(math.MinInt32) // NaN and infinities: counted, but in no bucket
)

var lnGamma = math.Log(SketchGamma)

// SketchCode returns the code of an observation.
func SketchCode(x float64) int32 {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return SketchExcluded
	case x > 0:
		return SketchOffset + int32(math.Ceil(math.Log(x)/lnGamma))
	case x < 0:
		return -SketchCode(-x)
	}
	return SketchZero
}

// SketchValue returns the number that stands for the observations of a code.
func SketchValue(code int32) float64 {
	switch {
	case code == SketchExcluded:
		return math.NaN()
	case code > 0:
		return 2 * math.Exp(float64(code-SketchOffset)*lnGamma) / (SketchGamma + 1)
	case code < 0:
		return -SketchValue(-code)
	}
	return 0
}

// SketchBound returns γ^i, the upper bound of the bucket of positive values
// with index i.
func SketchBound(i int32) float64 { return math.Exp(float64(i) * lnGamma) }
