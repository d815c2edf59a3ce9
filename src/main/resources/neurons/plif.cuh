// PLIF: a leaky integrate-and-fire neuron that learns its time constant, 1 / tau = sigmoid(w); w = 0 is tau = 2.
//
//   h = v + (x - (v - vReset)) sigmoid(w)   without decayInput: v - (v - vReset) sigmoid(w) + x
//   s = 1 where h >= threshold, else 0
//   v = (1 - s) h + s vReset                softReset: h - s threshold
//
// Fang et al., "Incorporating learnable membrane time constant to enhance learning of spiking neural networks", ICCV 2021.
// `--neuron plif` uses a kernel written by hand; this file is that neuron in the form of your own. There sigmoid(w) is computed once
// in double precision, here in float32.
template <class Real>
struct Plif {
  Option<Real> decayInput = {true};
  Constant<Real> threshold = 1.0;
  Constant<Real> vReset = 0.0;
  Option<Real> softReset = {false};
  Option<Real> detachReset = {true};
  Learned<Real> w = {0.0};
  State<Real> v = 0.0;

  __device__ Real step(Real x, Spike<Real> spike) {
    Number rest = softReset ? Number(0) : vReset;
    Real r = sigmoid(w);
    Real h = decayInput ? fma(x - (v - rest), r, v) : x + fma(-(v - rest), r, v);
    Real s = spike(h - threshold);
    Real fired = detachReset ? Real(detach(s)) : s;
    v = softReset ? fma(fired, -threshold, h) : fma(fired, vReset, h * (1 - fired));
    return s;
  }
};
