// CLIF: a leaky integrate-and-fire neuron with a complementary potential that remembers spikes and deepens the reset. Its gradient
// has a second way back in time, which vanishes less.
//
//   h[t] = (1 - 1 / tau) v[t-1] + x[t]               decayInput: v[t-1] + (x[t] - v[t-1]) / tau
//   s[t] = 1 where h[t] >= threshold, else 0
//   m[t] = m[t-1] sigmoid(h[t] / tau) + s[t]
//   v[t] = h[t] - s[t] (threshold + sigmoid(m[t]))
//
// Huang et al., "CLIF: Complementary Leaky Integrate-and-Fire Neuron for Spiking Neural Networks", ICML 2024, arXiv 2402.04663.
template <class Real>
struct Clif {
  Constant<Real> tau = {2.0, atLeast(1.0)};
  Option<Real> decayInput = {false};
  Constant<Real> threshold = 1.0;
  Option<Real> detachReset = {false};  // of the spike in the last line alone, not of m
  State<Real> v = 0.0;                 // membrane potential
  State<Real> m = 0.0;                 // complementary potential

  __device__ Real step(Real x, Spike<Real> spike) {
    Number r = 1 / tau;
    Real h = decayInput ? fma(x - v, r, v) : x + fma(-v, r, v);
    Real s = spike(h - threshold);
    m = fma(m, sigmoid(h * r), s);
    Real fired = detachReset ? Real(detach(s)) : s;
    v = h - fired * (threshold + sigmoid(m));
    return s;
  }
};
