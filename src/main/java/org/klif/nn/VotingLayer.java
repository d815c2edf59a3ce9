package org.klif.nn;

/** Mean of each group of neighbouring features: several neurons vote for a class. */
record VotingLayer(String name, int group) implements Layer {

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    int images = input.shape().images();
    int features = input.shape().features();
    return new MapPlan(
        context,
        input,
        input.shape().withImage(features / group, 1, 1),
        (x, y) -> context.device().vote(x, images, features, group, y),
        (gy, gx) -> context.device().voteBackward(gy, images, features, group, gx));
  }
}
