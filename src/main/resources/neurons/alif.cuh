// ALIF: a leaky integrate-and-fire neuron whose threshold rises with each spike and falls back, so that it fires less and
// less under a lasting current (spike-frequency adaptation).
//
//   v[t] = v[t-1] + (x[t] - v[t-1]) / tau
//   s[t] = 1 where v[t] >= 1 + beta a[t-1], else 0
//   a[t] = rho a[t-1] + s[t]                    v[t] = 0 after a spike
//
// Bellec et al., "A solution to the learning dilemma for recurrent networks of spiking neurons", Nature Communications 11:3625,
// 2020; there the potential is lowered by the threshold after a spike, here it starts again at 0 as Klif's other neurons do.
template <class Real>
struct Alif {
  Constant<Real> tau = {2.0, atLeast(1.0)};          // membrane time constant, in time steps
  Learned<Real> beta = {0.5, softplus, perChannel};  // how far one spike lifts the threshold
  Learned<Real> rho = {0.9, sigmoid};                // how much of that is left a step later
  State<Real> v = 0.0;                               // membrane potential
  State<Real> a = 0.0;                               // adaptation: spikes, each faded by its age

  __device__ Real step(Real x, Spike<Real> spike) {
    v += (x - v) / tau;
    Real s = spike(v - 1 - beta * a);
    a = rho * a + s;
    v = v * (1 - detach(s));
    return s;
  }
};
