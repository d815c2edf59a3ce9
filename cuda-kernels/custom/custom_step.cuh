// One step of a neuron of the user's own, forward and backward: what the sequence templates of the CPU (native/host) and of CUDA
// (custom_forward.cuh, custom_backward.cuh) call. M is the model that Klif writes behind the user's file:
//
//   STATES, LEARNED, LEARNED_SLOTS      numbers of states and learned parameters; an array of no elements is no array, so slots >= 1
//   SMOOTH                              spike(u) is the surrogate's primitive
//   constraint(i), perChannel(i)        of a learned parameter
//   initial(i)                          the file's initial value of a state
//   Neuron<Real>                        the user's struct
//   make<Real>(states, learned)         one of it with its constants, from arrays of Real
//   state<I>(neuron)                    its I-th state
//
// Backward: the step is run once with dual numbers over (states, x, learned), S + 1 + L components: their parts are the Jacobian J of
// (states after, spike) by (states before, x, learned), and (dL/dbefore, dL/dx, dL/dlearned) = J' (dL/dafter, dL/dspike).
// FLOPs: a product of two duals is 1 + 3 (S + 1 + L), less by those that are known to be 0; J' g is 2 (S + 1) (S + 1 + L) at most.
#pragma once

#include "custom/interface.cuh"

enum LearnedConstraint { UNCONSTRAINED, BY_SIGMOID, BY_SOFTPLUS };

// value = constraint(raw)
template <class M>
KLIF_DEVICE float learnedValue(int parameter, float raw) {
  switch (M::constraint(parameter)) {
    case BY_SIGMOID:
      return sigmoidOf(raw);
    case BY_SOFTPLUS:
      return softplusOf(raw);
    default:
      return raw;
  }
}

// d value / d raw
template <class M>
KLIF_DEVICE float learnedSlope(int parameter, float raw) {
  switch (M::constraint(parameter)) {
    case BY_SIGMOID:
      return sigmoidSlope(raw);
    case BY_SOFTPLUS:
      return sigmoidOf(raw);
    default:
      return 1.0f;
  }
}

template <class M, class I>
struct CustomStep;

template <class M, int... S>
struct CustomStep<M, Indices<S...>> {
  KLIF_DEVICE static void start(float (&state)[M::STATES]) { ((state[S] = M::initial(S)), ...); }

  template <int... L>
  KLIF_DEVICE static float forward(
      Indices<L...>, float (&state)[M::STATES], const float (&learned)[M::LEARNED_SLOTS], float x, float& u) {
    const Number before[M::STATES] = {state[S]...};
    const Number values[M::LEARNED_SLOTS] = {learned[L]...};
    auto neuron = M::template make<Number>(before, values);
    u = 0.0f;
    const Number spike = neuron.step(Number(x), Spike<Number>{&u});
    ((state[S] = M::template state<S>(neuron).value), ...);
    return spike.value;
  }

  template <int... L>
  KLIF_DEVICE static float backward(
      Indices<L...>, const float (&before)[M::STATES], const float (&learned)[M::LEARNED_SLOTS], float x, float gSpike,
      float (&g)[M::STATES], float (&gLearned)[M::LEARNED_SLOTS]) {
    constexpr int X = M::STATES;
    typedef Dual<M::STATES + 1 + M::LEARNED> Real;
    const Real states[M::STATES] = {Real::template seed<S>(before[S])...};
    const Real values[M::LEARNED_SLOTS] = {Real::template seed<X + 1 + L>(learned[L])...};
    auto neuron = M::template make<Real>(states, values);
    float u = 0.0f;
    const Real spike = neuron.step(Real::template seed<X>(x), Spike<Real>{&u});
    // J' g
    typedef typename Real::Parts Parts;
    Parts all = Parts::times(gSpike, spike.d);
    ((all = Parts::timesPlus(g[S], M::template state<S>(neuron).d, all)), ...);
    ((gLearned[L] += all.template part<X + 1 + L>()), ...);
    ((g[S] = all.template part<S>()), ...);
    return all.template part<X>();
  }
};

template <class M>
using StepOf = CustomStep<M, typename CountTo<M::STATES>::type>;

// The file's initial values.
template <class M>
KLIF_DEVICE void startStates(float (&state)[M::STATES]) {
  StepOf<M>::start(state);
}

// One step; returns the spike, u is the argument of the step's last spike(u).
template <class M>
KLIF_DEVICE float stepForward(float (&state)[M::STATES], const float (&learned)[M::LEARNED_SLOTS], float x, float& u) {
  return StepOf<M>::forward(typename CountTo<M::LEARNED>::type(), state, learned, x, u);
}

// The same step backward. before: the states ahead of it; learned: values, not raw numbers; gSpike: dL/dspike; g: dL/dstates after,
// then before it; gLearned: dL/dvalue is added. Returns dL/dx.
template <class M>
KLIF_DEVICE float stepBackward(
    const float (&before)[M::STATES], const float (&learned)[M::LEARNED_SLOTS], float x, float gSpike, float (&g)[M::STATES],
    float (&gLearned)[M::LEARNED_SLOTS]) {
  return StepOf<M>::backward(typename CountTo<M::LEARNED>::type(), before, learned, x, gSpike, g, gLearned);
}
