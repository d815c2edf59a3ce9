// TC-LIF: two compartments. Current flows into a dendrite, whose potential drives a soma, which pulls back on it; the soma fires.
// The two together keep what came in over long sequences.
//
//   d[t] = d[t-1] - a v[t-1] + x[t]
//   v[t] = v[t-1] + b d[t]
//   s[t] = 1 where v[t] >= threshold, else 0
//   d[t] = d[t] - s[t] gamma           v[t] = v[t] - s[t] threshold
//
// Zhang et al., "TC-LIF: A Two-Compartment Spiking Neuron Model for Long-Term Sequential Modelling", AAAI 2024, arXiv 2308.13250:
// beta1 = -a and beta2 = b, both learned through a sigmoid.
template <class Real>
struct Tclif {
  Learned<Real> a = {0.5, sigmoid};
  Learned<Real> b = {0.5, sigmoid};
  Constant<Real> gamma = 0.5;
  Constant<Real> threshold = 1.0;
  Option<Real> detachReset = {false};
  State<Real> v = 0.0;  // potential of the soma
  State<Real> d = 0.0;  // potential of the dendrite

  __device__ Real step(Real x, Spike<Real> spike) {
    d = fma(-a, v, d) + x;
    v = fma(b, d, v);
    Real s = spike(v - threshold);
    Real fired = detachReset ? Real(detach(s)) : s;
    d = d - fired * gamma;
    v = v - fired * threshold;
    return s;
  }
};
