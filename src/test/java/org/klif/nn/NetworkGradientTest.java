package org.klif.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.device.Device;
import org.klif.neuron.NeuronOptions;

/** Backward against central differences, with spikes replaced by the surrogate's primitive. */
class NetworkGradientTest {
  @ParameterizedTest
  @CsvSource({
    "c6k3 bn klif mp2 c5k3b bn klif ap2 fc9 klif fc6 bn lif vote2, false",
    "c6k3 bn klif mp2 c5k3b bn klif ap2 fc9 klif fc6 bn lif vote2, true",
    "c4k3 bn ap2 fc6 plif fc4 if, true",
    "c4k3 bn mp3 flat fc6 plif fc4 bn li, false",
    "c4k3 sn res( c4k3 bn sn c4k3 bn ) sn ap2 res( dp0.3 c4k1b sn ) fc4 li3, false",
    "c4k3b res( c4k3 bn sn ) sn mp2 fc4 sn, true",
    "c4k3b res( c4k3 bn ) bn res( sn ) fc4 sn dp0.4 fc6 vote3, true",
    "c4k1x3s1x2 bn klif mp2x1 c5k2x3p1x0b bn sn ap1x2 fc4, false",
    "c4k3 bn klif gap c6k1 sn gap fc4, true",
    "c4k3 bn klif mp3s2p1 c5k3b sn ap3s2p1 c4k3 bn sn mp2s1 fc4, false",
    "c3k3b mp3s2p1 sn ap2s1p1 fc4 sn, true",
    "c4k3 bn klif ap2 up2x1 c3k3s2 bn lif up2 ap2s1 fc4, false",
    "up3x1 c4k3s2 bn sn fc4, true",
    "res( c2k3 bn ) res( dp0.2 ) fc4, true",
    "c4k3 bn klif attend2( c6k1 bn lif : c6k3 bn plif : c6k1 bn lif ) bn lif fc4, false",
    "attend1x0.25( c3k1 : c3k3 : c3k1 ) bn sn ap2 attend3x2( c6k1 : sn c6k1 : c6k1 ) bn sn fc4, true",
    "c4k3 bn sn res( attend2x0.1( dp0 : c4k1b : c4k1 bn ) bn sn : dp0.1 ) gap attend2( sn : dp0.2 : flat ) fc4, false",
    "attend2( dp0.3 : sn : c2k1 bn ) fc4, true",
    "c4k3 sn res( c6k3s2 bn sn c6k3 bn : c6k1s2 bn ) sn res( c6k3 bn sn : dp0.3 ) ap2 fc4 li3, false",
    "res( c4k3 bn : c4k1b ) sn res( res( c6k3 sn : c6k1 ) mp2 : ap2 c6k1b ) fc4, false",
    "c4k3b res( c4k3 bn : c4k1 bn sn ) bn sn fc4, true",
    "c4k3b res( dp0.2 c4k3 bn sn : res( c4k1b ) dp0.2 ) fc4 sn, true",
    "res( dp0 : dp0.1 ) res( dp0.3 : dp0.2 ) fc4 sn, false",
    "dp0.5 flat fc8 sn dp0.5 fc4 sn, false",
    "sn fc4 sn, false"
  })
  void agrees(String text, boolean constant) {
    NeuronOptions neuron =
        new NeuronOptions(
            "klif", null, null, 0.4, null, true, false, null, null, null, null, "sigmoid", 2.0,
            Map.of());
    Network.Options options =
        Network.Options.of(3, 2, 7, 8)
            .withNeuron(neuron)
            .withSmooth(true)
            .withConstantInput(constant);
    try (Device device = Nets.device();
        Network network = Nets.network(device, text, options);
        NetworkPlan plan = network.plan(4, true)) {
      GradientDifferences.check(network, plan);
      assertEquals(0, device.firstNonFinite(network.gradientBuffer()) + 1);
    }
  }
}
