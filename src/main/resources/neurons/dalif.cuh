// DA-LIF: a leaky integrate-and-fire neuron that learns two decays, of the input current and of the potential, one each for the layer.
//
//   h[t] = tanh(b) v[t-1] + tanh(a) x[t]
//   s[t] = 1 where h[t] >= threshold, else 0
//   v[t] = (1 - s[t]) h[t]                softReset: h[t] - s[t] threshold
//
// Zhang et al., "DA-LIF: Dual Adaptive Leaky Integrate-and-Fire Model for Deep Spiking Neural Networks", arXiv 2502.10422. Both decays
// start at 1/2 here, as an LIF of tau = 2 with decayInput.
template <class Real>
struct Dalif {
  Constant<Real> threshold = 1.0;
  Option<Real> softReset = {false};
  Option<Real> detachReset = {false};
  Learned<Real> a = {0.5493061443340548};  // atanh(1/2)
  Learned<Real> b = {0.5493061443340548};
  State<Real> v = 0.0;

  __device__ Real step(Real x, Spike<Real> spike) {
    Real h = fma(tanh(b), v, tanh(a) * x);
    Real s = spike(h - threshold);
    Real fired = detachReset ? Real(detach(s)) : s;
    v = softReset ? fma(fired, -threshold, h) : h * (1 - fired);
    return s;
  }
};
