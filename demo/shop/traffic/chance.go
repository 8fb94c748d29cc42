package traffic

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"
)

// source is a random source of its own for one purpose (what, where) and one number. So whatever is drawn
// for it depends on the seed alone, and not on what was drawn before for something else.
func source(seed uint64, what, where string, number int64) *rand.Rand {
	h := fnv.New128a()
	var bytes [16]byte
	binary.LittleEndian.PutUint64(bytes[:8], seed)
	binary.LittleEndian.PutUint64(bytes[8:], uint64(number))
	h.Write(bytes[:])
	h.Write([]byte(what))
	h.Write([]byte{0})
	h.Write([]byte(where))
	sum := h.Sum(nil)
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:])))
}

// waiting is a log-normal waiting time, given by its median and the deviation of its logarithm.
type waiting struct {
	median time.Duration
	sigma  float64
}

// longerThan is the probability that the wait is longer than age.
func (w waiting) longerThan(age time.Duration) float64 {
	if age <= 0 {
		return 1
	}
	return math.Erfc(math.Log(age.Seconds()/w.median.Seconds())/w.sigma/math.Sqrt2) / 2
}

// draw returns a wait that is longer than age, with the distribution that waits have which have lasted
// that long already. An age far beyond all reason gives a wait that ends right after it.
func (w waiting) draw(random *rand.Rand, age time.Duration) time.Duration {
	tail := w.longerThan(age) * (1 - random.Float64())
	wait := age
	if tail > 1e-12 {
		z := math.Sqrt2 * math.Erfcinv(2*tail)
		wait = time.Duration(w.median.Seconds() * math.Exp(w.sigma*z) * float64(time.Second))
	}
	return max(wait, age+time.Millisecond).Round(time.Microsecond)
}

// logNormal draws an amount with the given median.
func logNormal(random *rand.Rand, median, sigma float64) float64 {
	return median * math.Exp(sigma*random.NormFloat64())
}

// pick draws an index with the probability of its weight.
func pick(random *rand.Rand, weights []float64) int {
	sum := 0.0
	for _, weight := range weights {
		sum += weight
	}
	at := random.Float64() * sum
	for i, weight := range weights {
		if at -= weight; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}
