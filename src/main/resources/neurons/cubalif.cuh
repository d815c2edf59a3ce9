// CUBALIF: a leaky integrate-and-fire neuron behind a synaptic current, with a refractory period. A spike that arrives is a current
// which fades; after a spike of its own the neuron rests for some steps, in which current flows but does not charge the membrane.
//
//   i[t] = keep i[t-1] + x[t]
//   v[t] = v[t-1] + (i[t] - v[t-1]) / tau       left out while resting
//   s[t] = 1 where v[t] >= 1, else 0            v[t] = 0 after a spike
//   wait[t] = refractory after a spike, else max(wait[t-1] - 1, 0); the neuron rests while wait[t-1] > 0
//
// Gerstner et al., "Neuronal Dynamics", Cambridge University Press, 2014, sections 1.3 and 3.1: leaky integrate-and-fire with absolute
// refractoriness and exponential synaptic currents.
template <class Real>
struct Cubalif {
  Constant<Real> refractory = {1.0, atLeast(0.0)};  // steps of rest after a spike
  Learned<Real> keep = {0.5, sigmoid, perChannel};  // share of the current that is left a step later
  Learned<Real> tau = {2.0, atLeast(1.0)};          // membrane time constant, in time steps
  State<Real> v = 0.0;                              // membrane potential
  State<Real> i = 0.0;                              // synaptic current
  State<Real> wait = 0.0;                           // steps of rest that are left

  __device__ Real step(Real x, Spike<Real> spike) {
    i = keep * i + x;
    v = where(wait > 0, v, v + (i - v) / tau);
    wait = where(v >= 1, refractory, max(wait - 1, 0));
    Real s = spike(v - 1);
    v = v * (1 - detach(s));
    return s;
  }
};
