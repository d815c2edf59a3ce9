// EIF: the exponential integrate-and-fire neuron. Close to the rheobase threshold an exponential current takes over from the leak
// and drives the potential up on its own, as sodium channels do.
//
//   v[t] = v[t-1] + (x[t] - v[t-1] + delta exp((v[t-1] - rheobase) / delta)) / tau
//   s[t] = 1 where v[t] >= 1, else 0            v[t] = 0 after a spike
//
// Fourcaud-Trocme et al., "How spike generation mechanisms determine the neuronal response to fluctuating inputs", Journal of
// Neuroscience 23:11628, 2003: tau dv/dt = -v + delta exp((v - rheobase) / delta) + x, here by Euler's method with steps of 1.
template <class Real>
struct Eif {
  Constant<Real> tau = {2.0, atLeast(1.0)};                           // membrane time constant, in time steps
  Constant<Real> rheobase = 0.8;                                      // where the exponential wins against the leak
  Learned<Real> delta = {0.25, atLeast(0.05), atMost(1), perChannel};  // how sharply it sets in
  State<Real> v = 0.0;                                                // membrane potential

  __device__ Real step(Real x, Spike<Real> spike) {
    // v is below 1 after a reset; min() keeps exp() finite for a potential that a caller starts from
    Real drive = delta * exp(min((v - rheobase) / delta, 4));
    v += (x - v + drive) / tau;
    Real s = spike(v - 1);
    v = v * (1 - detach(s));
    return s;
  }
};
