// LIF: the leaky integrate-and-fire neuron.
//
//   h = v + (x - (v - vReset)) / tau        without decayInput: v - (v - vReset) / tau + x
//   s = 1 where h >= threshold, else 0
//   v = (1 - s) h + s vReset                softReset: h - s threshold
//
// `--neuron lif` uses a kernel written by hand, with the same float32 operations in the same order (docs/MATH.md); this file is
// that neuron in the form of your own.
template <class Real>
struct Lif {
  Constant<Real> tau = {2.0, atLeast(1.0)};
  Option<Real> decayInput = {true};
  Constant<Real> threshold = 1.0;
  Constant<Real> vReset = 0.0;
  Option<Real> softReset = {false};
  Option<Real> detachReset = {true};
  State<Real> v = 0.0;

  __device__ Real step(Real x, Spike<Real> spike) {
    Number rest = softReset ? Number(0) : vReset;
    Number r = 1 / tau;
    Real h = decayInput ? fma(x - (v - rest), r, v) : x + fma(-(v - rest), r, v);
    Real s = spike(h - threshold);
    Real fired = detachReset ? Real(detach(s)) : s;
    v = softReset ? fma(fired, -threshold, h) : fma(fired, vReset, h * (1 - fired));
    return s;
  }
};
