// KLIF: a leaky integrate-and-fire neuron whose charged potential is scaled by a learned k and rectified before it fires and resets.
//
//   h = v + (x - (v - vReset)) / tau        without decayInput: v - (v - vReset) / tau + x
//   f = max(k h, 0)                         without relu: k h
//   s = 1 where f >= threshold, else 0
//   v = (1 - s) f + s vReset                softReset: f - s threshold; scaleReset: with f / k and threshold / k
//
// Jiang and Zhang, "KLIF: An optimized spiking neuron unit for tuning surrogate gradient slope and membrane potential",
// arXiv 2302.09238. `--neuron klif` uses a kernel written by hand, with the same float32 operations in the same order
// (docs/MATH.md); this file is that neuron in the form of your own.
template <class Real>
struct Klif {
  Constant<Real> tau = {2.0, atLeast(1.0)};
  Option<Real> decayInput = {true};
  Constant<Real> threshold = 1.0;
  Constant<Real> vReset = 0.0;
  Option<Real> softReset = {false};
  Option<Real> detachReset = {false};
  Option<Real> scaleReset = {false};
  Option<Real> relu = {true};
  Learned<Real> k = {1.0};
  State<Real> v = 0.0;

  __device__ Real step(Real x, Spike<Real> spike) {
    Number rest = softReset ? Number(0) : vReset;
    Number r = 1 / tau;
    Real h = decayInput ? fma(x - (v - rest), r, v) : x + fma(-(v - rest), r, v);
    Real f = h * k;
    if (relu) {
      f = max(f, 0);
    }
    Real s = spike(f - threshold);
    Real fired = detachReset ? Real(detach(s)) : s;
    Real q = scaleReset ? 1 / k : Real(1);
    if (softReset) {
      v = fma(fired, -threshold * q, f * q);
    } else {
      v = fma(fired, vReset, f * q * (1 - fired));
    }
    return s;
  }
};
