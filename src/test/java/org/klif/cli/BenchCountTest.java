package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.klif.testing.StandIn;

/** Counts a step of a size that the stand-in would take an hour for, so nothing of it is run. */
@Tag("sim")
class BenchCountTest {
  private static final int BATCH = 64;
  private static final int STEPS = 4;

  @Test
  void ofThePapersNetworkForMnist() {
    StandIn.require();
    Cli cli =
        Cli.run(
            "bench train --preset mnist --batch 64 --T 4 --precision bf16 --device sim --count --json"
                .split(" "));
    assertEquals(0, cli.code(), cli.err());
    JsonNode json = cli.json();
    Map<String, JsonNode> kinds = new HashMap<>();
    double micros = 0;
    for (JsonNode kind : json.get("launches")) {
      kinds.put(kind.get("name").asText(), kind);
      micros += kind.get("microseconds").asDouble();
    }
    assertEquals(micros, json.get("total").get("microseconds").asDouble(), 1e-9 * micros);
    // the first layer's input is the same at each time step
    double first = BATCH * 28.0 * 28 * 128;
    double second = BATCH * STEPS * 14.0 * 14 * 128;
    JsonNode forward = kinds.get("cudnnConvolutionForward");
    assertEquals(2, forward.get("launches").asInt());
    assertEquals(
        2 * 9 * (first + second * 128), forward.get("operations").asDouble(), "operations");
    assertEquals(2 * (first + second), forward.get("bytesWritten").asDouble(), "written");
    assertEquals(
        2 * (BATCH * 28.0 * 28 + 9 * 128 + second + 9 * 128 * 128),
        forward.get("bytesRead").asDouble(),
        "read");
    // x and the quarter of a spike that the pooling leaves
    JsonNode pooled = kinds.get("klifForwardPool_bf16");
    assertEquals(
        16 * (first * STEPS + second), pooled.get("operations").asDouble(), "of neuron-steps");
    assertEquals("issue", pooled.get("bound").asText());
    assertTrue(cli.out().contains("nothing was run"), cli.out());
  }
}
