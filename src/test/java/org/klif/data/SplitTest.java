package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SplitTest {
  @Test
  void everySetHasASplit() {
    for (CatalogueEntry entry : Catalogue.load().entries()) {
      Split split = Split.load(entry.name());
      assertEquals(20, split.validation().modulo(), entry.name());
      assertTrue(entry.samples() != null, entry.name());
    }
  }

  @Test
  void cifar10DvsGoesByFileNumbers() {
    Split split = Split.load("cifar10-dvs");
    assertFalse(split.isTest(0));
    assertFalse(split.isTest(899));
    assertTrue(split.isTest(900));
    assertTrue(split.isTest(999));
    assertFalse(Split.load("mnist").isTest(950));
  }

  @Test
  void protocolBHoldsOutThreeOfTwentyOfEachClass() {
    // classes of 40, 20 and 25 samples, mixed; each sample's value is its index
    List<Integer> labels = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      labels.add(0);
      if (i < 20) {
        labels.add(1);
      }
      if (i < 25) {
        labels.add(2);
      }
    }
    byte[] bytes = new byte[labels.size()];
    byte[] pixels = new byte[labels.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = labels.get(i).byteValue();
      pixels[i] = (byte) i;
    }
    List<String> names = List.of("a", "b", "c");
    SampleShape shape = SampleShape.image(1, 1, 1);
    DatasetPair whole =
        new DatasetPair(
            ByteImages.of("x train", names, shape, pixels, bytes, 1),
            ByteImages.of("x test", names, shape, new byte[1], new byte[1], 1));
    try (DatasetPair pair = Split.load("mnist").withoutTest(whole)) {
      assertEquals(6 + 3 + 4, pair.test().size());
      assertEquals(bytes.length - 13, pair.train().size());
      int[] numbers = new int[3];
      int held = 0;
      int kept = 0;
      float[] value = new float[1];
      for (int i = 0; i < bytes.length; i++) {
        int number = numbers[labels.get(i)]++ % 20;
        boolean isHeld = number == 3 || number == 10 || number == 17;
        Dataset part = isHeld ? pair.test() : pair.train();
        int index = isHeld ? held++ : kept++;
        part.read(index, value, 0);
        assertEquals(i, value[0]);
        assertEquals(labels.get(i), part.label(index));
      }
    }
  }
}
