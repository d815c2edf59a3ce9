// IF: the integrate-and-fire neuron, which forgets nothing.
//
//   h = v + x
//   s = 1 where h >= threshold, else 0
//   v = (1 - s) h + s vReset                softReset: h - s threshold
//
// `--neuron if` uses a kernel written by hand, with the same float32 operations in the same order (docs/MATH.md); this file is that
// neuron in the form of your own.
template <class Real>
struct If {
  Constant<Real> threshold = 1.0;
  Constant<Real> vReset = 0.0;
  Option<Real> softReset = {false};
  Option<Real> detachReset = {true};
  State<Real> v = 0.0;

  __device__ Real step(Real x, Spike<Real> spike) {
    Real h = x + v;
    Real s = spike(h - threshold);
    Real fired = detachReset ? Real(detach(s)) : s;
    v = softReset ? fma(fired, -threshold, h) : fma(fired, vReset, h * (1 - fired));
    return s;
  }
};
