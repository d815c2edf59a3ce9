// LTLIF: a leaky integrate-and-fire neuron that learns its threshold, one for the layer, between -1 and 1.
//
//   h[t] = v[t-1] - (v[t-1] - vReset) / tau + x[t]      decayInput: v[t-1] + (x[t] - (v[t-1] - vReset)) / tau
//   s[t] = 1 where h[t] >= tanh(w), else 0
//   v[t] = (1 - s[t]) h[t] + s[t] vReset                softReset: h[t] - s[t] tanh(w)
//
// Wang et al., "LTMD: Learning Improvement of Spiking Neural Networks with Learnable Thresholding Neurons and Moderate Dropout",
// NeurIPS 2022. A decay of 0.25 is tau = 4/3. There h has to lie above the threshold, here it fires at it, as all neurons here do.
template <class Real>
struct Ltlif {
  Constant<Real> tau = {1.3333333333333333, atLeast(1.0)};
  Option<Real> decayInput = {false};
  Constant<Real> vReset = 0.0;
  Option<Real> softReset = {false};
  Option<Real> detachReset = {false};
  Learned<Real> w = {0.5};
  State<Real> v = 0.0;

  __device__ Real step(Real x, Spike<Real> spike) {
    Number rest = softReset ? Number(0) : vReset;
    Number r = 1 / tau;
    Real threshold = tanh(w);
    Real h = decayInput ? fma(x - (v - rest), r, v) : x + fma(-(v - rest), r, v);
    Real s = spike(h - threshold);
    Real fired = detachReset ? Real(detach(s)) : s;
    if (softReset) {
      v = fma(-fired, threshold, h);
    } else {
      v = fma(fired, vReset, h * (1 - fired));
    }
    return s;
  }
};
