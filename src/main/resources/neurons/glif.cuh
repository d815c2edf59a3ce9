// GLIF: gates between the forms of a leaky integrate-and-fire neuron, all learned. alpha mixes exponential with linear decay,
// beta the whole input with a weighted one, gamma a hard with a soft reset; with gates of 0 and 1 it is one of the eight pure forms.
//
//   u[t] = (1 - alpha (1 - tau)) u[t-1] (1 - gamma s[t-1])      exponential decay; hard reset
//          - (1 - alpha) linear - (1 - gamma) reset s[t-1]      linear decay; soft reset
//          + (1 - beta (1 - conduct)) x[t]                      input
//   s[t] = 1 where u[t] >= threshold, else 0
//
// Yao et al., "GLIF: A Unified Gated Leaky Integrate-and-Fire Neuron for Spiking Neural Networks", NeurIPS 2022, arXiv 2210.13768,
// channel-wise. There conduct has one value for each time step; a step does not know its number, so here it has one for all.
template <class Real>
struct Glif {
  Learned<Real> alpha = {0.5, sigmoid, perChannel};      // 1: exponential decay alone, 0: linear decay alone
  Learned<Real> beta = {0.5, sigmoid, perChannel};       // 1: conduct weighs the input, 0: it counts as it is
  Learned<Real> gamma = {0.5, sigmoid, perChannel};      // 1: hard reset, 0: soft reset
  Learned<Real> tau = {0.25, sigmoid, perChannel};       // share of the potential that exponential decay leaves
  Learned<Real> linear = {0.0625, sigmoid, perChannel};  // what linear decay takes
  Learned<Real> reset = {0.5, sigmoid, perChannel};      // what the soft reset takes
  Learned<Real> conduct = {0.5, sigmoid, perChannel};    // weight of the input
  Learned<Real> threshold = {0.5, sigmoid, perChannel};
  State<Real> u = 0.0;  // membrane potential
  State<Real> s = 0.0;  // spike of the step before

  __device__ Real step(Real x, Spike<Real> spike) {
    Real decayed = (1 - alpha * (1 - tau)) * u;
    Real taken = gamma * decayed + (1 - gamma) * reset;
    u = decayed - (1 - alpha) * linear - s * taken + (1 - beta * (1 - conduct)) * x;
    s = spike(u - threshold);
    return s;
  }
};
