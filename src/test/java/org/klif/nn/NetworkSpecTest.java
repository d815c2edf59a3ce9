package org.klif.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.UsageException;
import org.klif.neuron.NeuronOptions;
import org.klif.tensor.Extent;

class NetworkSpecTest {
  private static LayerSpec.Conv2d conv(int out, int kernel, int stride, int padding, boolean bias) {
    return new LayerSpec.Conv2d(
        out, Extent.square(kernel), Extent.square(stride), Extent.square(padding), bias);
  }

  @Test
  void readsEveryToken() {
    NetworkSpec spec =
        NetworkSpec.parse(
            "c16k5s2p1b bn klif mp2|c8k3 sn ap3 | res( c8k3 bn lif ) flat dp0.25 fc20 plif dp"
                + " fc10 bn if vote5 li4");
    assertEquals(
        List.of(
            conv(16, 5, 2, 1, true),
            new LayerSpec.BatchNorm2d(),
            new LayerSpec.Spiking("klif"),
            new LayerSpec.Pool(true, Extent.square(2)),
            conv(8, 3, 1, 1, false),
            new LayerSpec.Spiking(null),
            new LayerSpec.Pool(false, Extent.square(3)),
            new LayerSpec.Residual(
                List.of(
                    conv(8, 3, 1, 1, false),
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
            conv(4, 5, 1, 2, false),
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
    LayerSpec conv = conv(8, 3, 1, 1, false);
    LayerSpec norm = new LayerSpec.BatchNorm2d();
    LayerSpec.Residual inner = new LayerSpec.Residual(List.of(conv), List.of(norm));
    assertEquals(
        List.of(new LayerSpec.Residual(List.of(inner, norm), List.of(conv, norm))),
        NetworkSpec.parse("res( res(c8k3:bn) bn : c8k3 bn )").layers());
    assertEquals("res( c8k3 : bn )", inner.token());
  }

  @Test
  void neuronsMayHaveOptionsOfTheirOwn() {
    NetworkSpec spec =
        NetworkSpec.parse(
            "klif{threshold=0.5,tau=4} res(sn{surrogate=sigmoid}:alif{values.beta=-1e-3})"
                + " ./my.cuh{alpha=3}");
    assertEquals(
        List.of(
            "klif{threshold=0.5,tau=4}",
            "res( sn{surrogate=sigmoid} : alif{values.beta=-1e-3} )",
            "./my.cuh{alpha=3}"),
        spec.layers().stream().map(LayerSpec::token).toList());
    String moved = "fc1 ./x/a%7Bb%7D.cuh{tau=3} fc2 ./x/c.cuh";
    assertEquals(
        moved.replace("./x/", "/y/"),
        NetworkSpec.withFiles(moved, path -> path.replace("./x/", "/y/")));
    assertEquals(
        "/y/a{b}.cuh", NetworkSpec.parse(moved.replace("./x/", "/y/")).neurons().iterator().next());
  }

  /** A surrogate's usual alpha goes with it, whatever was written out for another curve. */
  @Test
  void aLayersOptionsStandOverThoseOfAll() {
    NeuronOptions all =
        new NeuronOptions(
            "lif", 3.0, false, 0.7, -0.5, null, null, null, null, null, null, "atan", 2.0,
            Map.of());
    NetworkSpec spec =
        NetworkSpec.parse("sn{threshold=0.5,softReset=true} klif{surrogate=sigmoid,k=2} sn");
    List<NeuronOptions> own = spec.spiking().map(layer -> layer.over(all)).toList();
    assertEquals(
        new NeuronOptions(
            "lif", 3.0, false, 0.5, -0.5, true, null, null, null, null, null, "atan", 2.0,
            Map.of()),
        own.get(0));
    assertEquals(
        new NeuronOptions(
            "klif", 3.0, false, 0.7, -0.5, null, null, null, 2.0, null, null, "sigmoid", null,
            Map.of()),
        own.get(1));
    assertEquals(all, own.get(2));
  }

  @Test
  void linearHasABiasUnlessBatchNormFollowsOrTheSuffixSaysSo() {
    List<LayerSpec> layers = NetworkSpec.parse("fc1 fc2nb fc3b | bn fc4 | tdbn").layers();
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
        "c4k3 tdbn sn fc5 tdbn fc3",
        "fc5 klif{threshold=0.5,vReset=-0.25,perChannel=true} fc3 ./a.cuh{values.b=1}",
        "c8k3 up2 up1x3 gap fc4 gap mp3s2p1 ap2p1 mp3x2s1p0x1 ap3s1",
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
        "fc1 klif{thresold=1}; column 5: 'klif{thresold=1}' has no option 'thresold'; there are tau, ",
        "klif{tau=a}; column 1: 'klif{tau=a}' wants a number for tau, not 'a'",
        "sn{relu=1}; column 1: 'sn{relu=1}' wants true or false for relu, not '1'",
        "sn{surrogate=tan}; 'sn{surrogate=tan}' wants one of atan, ",
        "sn{surrogate=./a.cuh}; has the file of a surrogate, which is one for all layers",
        "sn{tau=3,tau=4}; column 1: 'sn{tau=3,tau=4}' says tau twice",
        "sn{tau}; 'sn{tau}' has 'tau' for an option; write name=value",
        "sn{}; 'sn{}' has '' for an option; write name=value",
        "sn{tau=3,}; 'sn{tau=3,}' has '' for an option; write name=value",
        "sn{model=lif}; has a model in its braces, which the word before them names",
        "if{tau=3}; column 1: 'if{tau=3}' says tau, which if does not have; leave it out",
        "lif{values.beta=3}; 'lif{values.beta=3}' says values.beta, which lif does not have",
        "klif{tau=3 fc1; column 1: 'klif{tau=3' does not end with the '}' of its options",
        "klif{tau=3, k=2} fc1; column 1: 'klif{tau=3,' does not end with the '}' of its options",
        "klif{tau=3}x; 'klif{tau=3}x' does not end with the '}' of its options",
        "fc1{tau=3}; column 1: 'fc1{tau=3}' has options in braces, which only neurons have",
        "klfi{tau=3}; column 1: 'klfi' is not a layer; did you mean 'klif'?",
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

  @ParameterizedTest
  @ValueSource(strings = {"res( ", "attend8( ", "res( fc1 : "})
  void blocksWithinBlocksAreNotDeeperThanMessagesCanSay(String block) {
    UsageException e =
        assertThrows(UsageException.class, () -> NetworkSpec.parse(block.repeat(3000)));
    assertContains(" is a block within 100 others; so many are not read (in '", e.getMessage());
    assertContains("...')", e.getMessage());
    String deep = "res( ".repeat(100) + "fc1" + " )".repeat(100);
    assertEquals(deep, NetworkSpec.parse(deep + " " + deep).text().substring(0, deep.length()));
  }

  @Test
  void macrosWithinMacrosAreNotDeeperEither() {
    Map<String, String> macros = new HashMap<>(Map.of("m10000", "fc1"));
    for (int i = 0; i < 10_000; i++) {
      macros.put("m" + i, "m" + (i + 1));
    }
    UsageException e =
        assertThrows(UsageException.class, () -> NetworkSpec.parse("m0", Set.of(), macros));
    assertContains("macros.m99, column 1: 'm100' is a macro within 100 others", e.getMessage());
  }

  @Test
  void aWordThatNobodyWroteIsRefusedAndOnlyItsBeginningIsShown() {
    String word = "a".repeat(50_000);
    for (String text : List.of("fc1 " + word, "fc1 sn{" + word + "}", "fc1 ./" + word + ".cuh")) {
      UsageException e = assertThrows(UsageException.class, () -> NetworkSpec.parse(text));
      assertContains("network, column 5: '" + text.substring(4, 100), e.getMessage());
      assertContains("...' is a word of ", e.getMessage());
      assertContains(" characters, and 4096 are the most (in 'fc1 ", e.getMessage());
      assertEquals(true, e.getMessage().length() < 2500, e::getMessage);
    }
  }

  /** Only a whole word is a path: not a part of one, not the ending alone. */
  @ParameterizedTest
  @CsvSource({
    "fc1 a.cuh:b.cuh{k=1}|(c.cuh), fc1 x/a.cuh:x/b.cuh{k=1}|(x/c.cuh)",
    "a.cuhs b.cuh.cuh .cuh c.cuh}, a.cuhs x/b.cuh.cuh .cuh c.cuh}",
    "sn{k=1}d.cuh e.cuh, sn{k=1}x/d.cuh x/e.cuh"
  })
  void pathsAreWholeWords(String text, String changed) {
    assertEquals(changed, NetworkSpec.withFiles(text, path -> "x/" + path));
  }

  @Test
  void macrosStandForTheirTexts() {
    Map<String, String> macros =
        Map.of("block", "res( unit unit )", "unit", "c8k3 bn | sn{tau=3}", "half", "c8k3 bn sn )");
    NetworkSpec spec = NetworkSpec.parse("2*block |res( half fc10", Set.of(), macros);
    String unit = "c8k3 bn sn{tau=3}";
    String block = "res ( %s %s )".formatted(unit, unit);
    assertEquals("%s %s res ( c8k3 bn sn ) fc10".formatted(block, block), spec.text());
    assertEquals(NetworkSpec.parse(spec.text()), spec);
    assertEquals("fc10 |bn", NetworkSpec.parse("fc10 |bn", Set.of(), macros).text());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "fc1 bad; macros.bad, column 6: 'c8' is not a convolution; write it as c64k3, with s2, p0 or b behind it (in 'c8k3 c8 sn')",
        "fc1 outer; macros.bad, column 6: 'c8' is not a convolution",
        "fc1 3*fc2; network, column 5: '3*fc2' repeats 'fc2', which is no macro; set macros.NAME (in 'fc1 3*fc2')",
        "0*good; network, column 1: '0*good' repeats a macro 0 times; write a number from 1 to 1000",
        "2000*good; network, column 1: '2000*good' repeats a macro 2000 times; write a number from 1 to 1000",
        "99999999999*good; repeats a macro 99999999999 times",
        "good{tau=3}; 'good{tau=3}' has options in braces, which a macro does not take; write them in it",
        "fc1 god; network, column 5: 'god' is not a layer; did you mean 'good'?",
        "open fc1; macros.open, column 1: 'res' is not closed",
        "own; macros.own, column 1: './a.cuh' is a file, which a macro cannot name",
        "a fc1; macros.c1, column 4: 'a' makes the macro a use itself: a > c1 > a; write one of them without the other",
        "1000*many; macros.good, column 1: 'sn' makes the network longer than 100000 words",
        "1000*hollow; macros.hollow, column 1: '1000*empty' makes macros stand for more than 1000000 others"
      })
  void whatIsWrongWithAMacroIsSaidWithItsPlace(String text, String message) {
    Map<String, String> macros =
        Map.of(
            "bad", "c8k3 c8 sn",
            "good", "sn",
            "many", "1000*good",
            "empty", "|",
            "hollow", "1000*empty",
            "outer", "fc1 bad",
            "open", "res( c8k3",
            "own", "./a.cuh",
            "a", "bn c1",
            "c1", "sn a");
    UsageException e =
        assertThrows(UsageException.class, () -> NetworkSpec.parse(text, Set.of(), macros));
    assertContains(message, e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "res, true",
    "bn, true",
    "tdbn, true",
    "c32, true",
    "mp2, true",
    "fc, true",
    "sn, true",
    "alif, true",
    "mine, true",
    "block, false",
    "c_a, false",
    "stage2, false",
    "conv, false"
  })
  void aMacroHasNoNameOfTheNotation(String name, boolean refused) {
    Map<String, String> macros = Map.of(name, "fc1");
    if (refused) {
      UsageException e =
          assertThrows(
              UsageException.class, () -> NetworkSpec.requireMacro(name, Set.of("mine"), macros));
      assertContains("macros.%s has a name that is a word".formatted(name), e.getMessage());
    } else {
      NetworkSpec.requireMacro(name, Set.of("mine"), macros);
      assertEquals("fc1", NetworkSpec.parse(name, Set.of(), macros).text());
    }
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
