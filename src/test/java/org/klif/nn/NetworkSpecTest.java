package org.klif.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.UsageException;
import org.klif.tensor.Extent;

class NetworkSpecTest {
  @Test
  void readsEveryToken() {
    NetworkSpec spec =
        NetworkSpec.parse(
            "c16k5s2p1b bn klif mp2|c8k3 sn ap3 | res( c8k3 bn lif ) flat dp0.25 fc20 plif dp"
                + " fc10 bn if vote5 li4");
    assertEquals(
        List.of(
            new LayerSpec.Conv2d(16, 5, 2, 1, true),
            new LayerSpec.BatchNorm2d(),
            new LayerSpec.Spiking("klif"),
            new LayerSpec.Pool(true, Extent.square(2)),
            new LayerSpec.Conv2d(8, 3, 1, 1, false),
            new LayerSpec.Spiking(null),
            new LayerSpec.Pool(false, Extent.square(3)),
            new LayerSpec.Residual(
                List.of(
                    new LayerSpec.Conv2d(8, 3, 1, 1, false),
                    new LayerSpec.BatchNorm2d(),
                    new LayerSpec.Spiking("lif"))),
            new LayerSpec.Flatten(),
            new LayerSpec.Dropout(0.25),
            new LayerSpec.Linear(20, true),
            new LayerSpec.Spiking("plif"),
            new LayerSpec.Dropout(null),
            new LayerSpec.Linear(10, false),
            new LayerSpec.BatchNorm2d(),
            new LayerSpec.Spiking("if"),
            new LayerSpec.Voting(5),
            new LayerSpec.LeakyReadout(4)),
        spec.layers());
  }

  @Test
  void heightAndWidthMayDiffer() {
    List<LayerSpec> layers =
        NetworkSpec.parse("c4k1x3 c4k2x4s1x2p0x1b c4k3s2x1 c4k5x5 mp1x2 ap2x2").layers();
    Extent one = Extent.square(1);
    assertEquals(
        List.of(
            new LayerSpec.Conv2d(4, new Extent(1, 3), one, new Extent(0, 1), false),
            new LayerSpec.Conv2d(4, new Extent(2, 4), new Extent(1, 2), new Extent(0, 1), true),
            new LayerSpec.Conv2d(4, Extent.square(3), new Extent(2, 1), one, false),
            new LayerSpec.Conv2d(4, 5, 1, 2, false),
            new LayerSpec.Pool(true, new Extent(1, 2)),
            new LayerSpec.Pool(false, Extent.square(2))),
        layers);
    assertEquals("c4k1x3 c4k2x4s1x2p0x1b c4k3s2x1 c4k5 mp1x2 ap2", NetworkSpec.of(layers).text());
  }

  @Test
  void poolingMovesByItsWindowUnlessAStrideIsGiven() {
    Extent three = Extent.square(3);
    assertEquals(
        List.of(
            new LayerSpec.Pool(true, three, Extent.square(2), Extent.square(1)),
            new LayerSpec.Pool(false, three, three, new Extent(1, 0))),
        NetworkSpec.parse("mp3s2p1 ap3p1x0").layers());
    assertEquals("mp3 ap2", NetworkSpec.of(NetworkSpec.parse("mp3s3p0 ap2s2").layers()).text());
  }

  @Test
  void aBlockHasAShortcutBehindItsColon() {
    LayerSpec conv = new LayerSpec.Conv2d(8, 3, 1, 1, false);
    LayerSpec norm = new LayerSpec.BatchNorm2d();
    LayerSpec.Residual inner = new LayerSpec.Residual(List.of(conv), List.of(norm));
    assertEquals(
        List.of(new LayerSpec.Residual(List.of(inner, norm), List.of(conv, norm))),
        NetworkSpec.parse("res( res(c8k3:bn) bn : c8k3 bn )").layers());
    assertEquals("res( c8k3 : bn )", inner.token());
  }

  @Test
  void linearHasABiasUnlessBatchNormFollowsOrTheSuffixSaysSo() {
    List<LayerSpec> layers = NetworkSpec.parse("fc1 fc2nb fc3b | bn fc4 | bn").layers();
    assertEquals(new LayerSpec.Linear(1, true), layers.get(0));
    assertEquals(new LayerSpec.Linear(2, false), layers.get(1));
    assertEquals(new LayerSpec.Linear(3, true), layers.get(2));
    assertEquals(new LayerSpec.Linear(4, false), layers.get(4));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "c128k3 bn klif mp2 | c128k3 bn klif mp2 | dp fc2048 klif | dp fc100 klif | vote10",
        "c32k3s2p0b sn res( c32k3 bn sn res(c32k1 sn)) fc10b bn li",
        "fc5nb dp0.125 li3.5 fc7",
        "c8k3 gap fc4 gap mp3s2p1 ap2p1 mp3x2s1p0x1 ap3s1",
        "res(c8k3 bn sn res(c8k3:fc8nb) : res( sn ) c8k1 fc3b bn)",
        "attend8(c8k1 bn sn:res(c8k1):attend2x0.25(c8k1 : fc8nb : fc8b bn) sn) bn",
        "attend1x0.125( sn : sn : sn ) attend3x2( sn : sn : sn ) attend100x0.00001( sn : sn : sn )"
      })
  void itsOwnTextParsesToTheSameLayers(String text) {
    NetworkSpec spec = NetworkSpec.parse(text);
    assertEquals(text, spec.text());
    assertEquals(spec.layers(), NetworkSpec.parse(NetworkSpec.of(spec.layers()).text()).layers());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "fc10 kilf; column 6: 'kilf' is not a layer; did you mean 'klif'?",
        "conv3; column 1: 'conv3' is not a layer; did you mean",
        "fc10 |  max2; column 9: 'max2' is not a layer; did you mean 'mp2'?",
        "c128; column 1: 'c128' is not a convolution; write it as c64k3",
        "fc; column 1: 'fc' is not a fully connected layer; write it as fc100",
        "fc10x; column 1: 'fc10x' is not a fully connected layer",
        "fc0; column 1: 'fc0' wants a whole number from 1 to 16777216 for features, not '0'",
        "c8k99999999999; wants a whole number from 1 to 16777216 for the kernel",
        "mp; column 1: 'mp' needs a number behind it (the window), as in mp2",
        "mp2x; column 1: 'mp2x' wants height x width for the window, as in 1x3, not '2x'",
        "mp2s2p2; column 1: 'mp2s2p2' has a padding of 2, which is not smaller than its window of 2",
        "mp3x1p1; column 1: 'mp3x1p1' has a padding of 1, which is not smaller than its window of 3x1",
        "mp2s0; column 1: 'mp2s0' wants a whole number from 1 to 16777216 for the stride, not '0'",
        "mp2y; column 1: 'mp2y' wants a whole number",
        "fc1 c8k3x0; column 5: 'c8k3x0' wants a whole number from 1 to 16777216 for the kernel, not '0'",
        "c8k1x3x3; column 1: 'c8k1x3x3' wants height x width for the kernel, as in 1x3",
        "c8k3sx2; column 1: 'c8k3sx2' wants height x width for the stride",
        "dp1; column 1: 'dp1' drops with a probability that must be at least 0 and below 1",
        "dpx; did you mean 'dp'?",
        "dp0.x; wants a number for the probability, not '0.x'",
        "li0.5; column 1: 'li0.5' has a tau below 1",
        "fc1 res( fc1; column 5: 'res' is not closed",
        "fc1 ); column 5: ')' has no matching 'res(' or 'attend8('",
        "fc1 ( fc1 ); column 5: '(' has no 'res' or 'attend8' before it",
        "res fc1; column 1: 'res' needs its layers in parentheses",
        "res( ); column 1: 'res' has no layers inside",
        "fc1 : fc1; column 5: ':' is not in a block; it parts body and shortcut, as in res(",
        "res( : fc1 ); column 1: 'res' has no layers inside",
        "res( fc1 : ); column 10: ':' has no layers behind it",
        "res( fc1 : fc1 : fc1 ); column 16: ':' is the second of its block",
        "res( fc1 : fc1; column 1: 'res' is not closed",
        "fc1 attend( fc1 : fc1 : fc1 ); column 5: 'attend' needs its number of heads behind it, as in attend8(",
        "attend0( fc1 : fc1 : fc1 ); column 1: 'attend0' wants a whole number from 1 to 16777216 for the heads, not '0'",
        "attend2x( fc1 : fc1 : fc1 ); column 1: 'attend2x' wants a number for the scale, not ''",
        "attend2x-1( fc1 : fc1 : fc1 ); column 1: 'attend2x-1' wants a number for the scale, not '-1'",
        "attend2x0( fc1 : fc1 : fc1 ); column 1: 'attend2x0' has a scale that must be above 0",
        "attend2 fc1; column 1: 'attend2' needs Q, K and V in parentheses, as in attend8(",
        "attend2( fc1 ); column 1: 'attend2' has 1 part inside, where Q, K and V are needed, as in",
        "attend2( fc1 : fc1 ); column 1: 'attend2' has 2 parts inside, where Q, K and V are needed",
        "attend2( fc1 : fc1 : fc1 : fc1 ); column 1: 'attend2' has 4 parts inside",
        "attend2( fc1 : : fc1 ); column 1: 'attend2' has no layers for its K; write them as in attend8(",
        "attend2( fc1 : fc1 : ); column 1: 'attend2' has no layers for its V",
        "attend2( fc1 : fc1 : fc1; column 1: 'attend2' is not closed",
        "atend8( fc1 : fc1 : fc1 ); column 1: 'atend8' is not a layer; did you mean 'attend8( Q : K : V )'?"
      })
  void saysWhatIsWrongAndWhere(String text, String message) {
    UsageException e = assertThrows(UsageException.class, () -> NetworkSpec.parse(text));
    assertContains(message, e.getMessage());
    assertContains("'" + text + "'", e.getMessage());
  }

  @Test
  void anEmptyNetworkIsRefused() {
    UsageException e = assertThrows(UsageException.class, () -> NetworkSpec.parse(" | "));
    assertContains("the network is empty", e.getMessage());
  }

  private static void assertContains(String part, String whole) {
    assertEquals(true, whole.contains(part), () -> "'%s' in: %s".formatted(part, whole));
  }
}
