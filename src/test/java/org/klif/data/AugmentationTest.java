package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.klif.UsageException;
import org.klif.data.random.SampleRandom;

class AugmentationTest {
  private static final SampleShape SHAPE = SampleShape.sequence(2, 2, 5, 4);

  @Test
  void textFormIsReadAndGivenBack() {
    for (String text :
        new String[] {
          "none",
          "flip",
          "crop(4)",
          "affine(30,0.15,0.85,1.11)",
          "affine(0,0,1,1) crop(2) flip",
          "crop(4) flip randaugment(2,9) cutout(8)"
        }) {
      Augmentation parsed = Augmentation.parse(text);
      assertEquals(text, parsed.toString());
      assertEquals(parsed, Augmentation.parse(" " + parsed + " "));
      assertEquals(text.equals("none"), parsed.isNone());
    }
    assertEquals(
        new Augmentation.Affine(30, 0.15, 0.85, 1.11),
        Augmentation.parse("affine( 30, 0.15, 0.85, 1.11 )"));
  }

  @Test
  void malformedTextIsExplained() {
    assertFails("", "is not understood");
    assertFails("rotate(3)", "\"rotate\" is unknown");
    assertFails("crop", "crop takes 1 numbers, not 0");
    assertFails("crop(1.5)", "crop's padding must be a whole number");
    assertFails("crop(0)", "crop's padding must be 1..1000, not 0");
    assertFails("crop(a)", "\"(a)\" is not a list of numbers");
    assertFails("cutout(0)", "cutout's size must be 1..1000, not 0");
    assertFails("randaugment(1,11)", "a magnitude 0..10, not 1 and 11");
    assertFails("randaugment(1.5,1)", "randaugment's operations must be a whole number");
    assertFails("affine(1,2)", "affine takes 4 numbers, not 2");
    assertFails("affine(200,0,1,1)", "affine needs degrees 0..180");
    assertFails("affine(10,0,2,1)", "affine needs 0 < smallest <= largest");
    assertFails("affine(NaN,0,1,1)", "affine needs degrees");
    assertFails("flip crop(4", "\"crop(4\" is not understood");
    assertFails("flip;", "\";\" is not understood");
  }

  @Test
  void flipMirrorsAllFramesOrNone() {
    boolean[] seen = new boolean[2];
    for (int seed = 0; seed < 20; seed++) {
      float[] sample = ramp();
      new Augmentation.Flip().apply(sample, new float[80], SHAPE, new SampleRandom(seed));
      boolean flipped = sample[0] == 3;
      for (int i = 0; i < 80; i++) {
        assertEquals(flipped ? i - i % 4 + 3 - i % 4 : i, sample[i]);
      }
      seen[flipped ? 1 : 0] = true;
    }
    assertTrue(seen[0] && seen[1]);
  }

  @Test
  void cropIsAShiftWithZeros() {
    Set<String> shifts = new HashSet<>();
    for (int seed = 0; seed < 2000; seed++) {
      float[] sample = ramp();
      for (int i = 0; i < 80; i++) {
        sample[i]++; // no zeros of its own
      }
      new Augmentation.Crop(6).apply(sample, new float[80], SHAPE, new SampleRandom(seed));
      SampleRandom again = new SampleRandom(seed);
      int down = again.nextInt(13) - 6;
      int right = again.nextInt(13) - 6;
      for (int i = 0; i < 80; i++) {
        int y = i / 4 % 5 + down;
        int x = i % 4 + right;
        boolean inside = y >= 0 && y < 5 && x >= 0 && x < 4;
        assertEquals(inside ? i / 20 * 20 + y * 4 + x + 1 : 0, sample[i], "seed " + seed);
      }
      shifts.add(down + "," + right);
    }
    assertEquals(169, shifts.size());
  }

  @Test
  void cutoutIsASquareOfZerosInAllPlanes() {
    SampleShape shape = SampleShape.sequence(2, 3, 9, 7);
    int area = 63;
    Set<Integer> sizes = new HashSet<>();
    for (int seed = 0; seed < 500; seed++) {
      float[] sample = new float[shape.values()];
      Arrays.fill(sample, 1);
      new Cutout(4).apply(sample, new float[0], shape, new SampleRandom(seed));
      SampleRandom again = new SampleRandom(seed);
      int centreY = again.nextInt(9);
      int centreX = again.nextInt(7);
      int zeros = 0;
      for (int i = 0; i < sample.length; i++) {
        int dy = i % area / 7 - centreY;
        int dx = i % 7 - centreX;
        boolean inside = dy >= -2 && dy < 2 && dx >= -2 && dx < 2;
        assertEquals(inside ? 0 : 1, sample[i], "seed " + seed);
        zeros += inside ? 1 : 0;
      }
      sizes.add(zeros / 6);
    }
    assertTrue(sizes.contains(16) && sizes.contains(4), "inside and at a corner: " + sizes);
  }

  @Test
  void theRandomPolicyIsFixedByItsSeedAndKeepsValuesInRange() {
    SampleShape shape = SampleShape.image(3, 8, 8);
    RandomPolicy policy = new RandomPolicy(2, 9);
    Set<Integer> results = new HashSet<>();
    for (int seed = 0; seed < 300; seed++) {
      float[] sample = image();
      float[] again = image();
      policy.apply(sample, new float[192], shape, new SampleRandom(seed));
      policy.apply(again, new float[192], shape, new SampleRandom(seed));
      assertArrayEquals(sample, again);
      for (float value : sample) {
        assertTrue(value >= 0 && value <= 1.000001f, "value " + value);
      }
      results.add(Arrays.hashCode(sample));
    }
    // 20 different operations in ordered pairs give up to 400 results
    assertTrue(results.size() > 100, "different results: " + results.size());
  }

  @Test
  void theRandomPolicyWithoutMagnitudeChangesNothing() {
    // but posterise and solarise round to bytes and invert white
    for (int seed = 0; seed < 100; seed++) {
      float[] sample = image();
      new RandomPolicy(3, 0)
          .apply(sample, new float[192], SampleShape.image(3, 8, 8), new SampleRandom(seed));
      assertArrayEquals(image(), sample, 1e-6f); // a blend by a factor of 1 rounds
    }
  }

  /** Multiples of 1/255 below 1. */
  private static float[] image() {
    float[] sample = new float[192];
    for (int i = 0; i < sample.length; i++) {
      sample[i] = i / 255f;
    }
    return sample;
  }

  @Test
  void affineWithoutChangeIsTheIdentity() {
    float[] sample = ramp();
    new Augmentation.Affine(0, 0, 1, 1).apply(sample, new float[80], SHAPE, new SampleRandom(1));
    assertArrayEquals(ramp(), sample);
  }

  @Test
  void affineTurnsShiftsAndScalesAboutTheCentre() {
    // An independent reading of the same random numbers: the centre of mass of a small blob moves
    // as the map says.
    SampleShape shape = SampleShape.image(1, 41, 41);
    for (int seed = 0; seed < 50; seed++) {
      float[] sample = new float[41 * 41];
      for (int y = 12; y <= 14; y++) {
        for (int x = 24; x <= 26; x++) {
          sample[y * 41 + x] = 1;
        }
      }
      new Augmentation.Affine(30, 0.1, 0.9, 1.1)
          .apply(sample, new float[sample.length], shape, new SampleRandom(seed));
      SampleRandom again = new SampleRandom(seed);
      double angle = Math.toRadians(again.nextDouble(-30, 30));
      double shiftX = again.nextDouble(-0.1, 0.1) * 41;
      double shiftY = again.nextDouble(-0.1, 0.1) * 41;
      double scale = again.nextDouble(0.9, 1.1);
      double dx = 5;
      double dy = -7;
      double expectedX = 20 + shiftX + scale * (Math.cos(angle) * dx - Math.sin(angle) * dy);
      double expectedY = 20 + shiftY + scale * (Math.sin(angle) * dx + Math.cos(angle) * dy);
      double mass = 0;
      double meanX = 0;
      double meanY = 0;
      for (int i = 0; i < sample.length; i++) {
        mass += sample[i];
        int row = i / 41;
        meanX += sample[i] * (i - row * 41);
        meanY += sample[i] * row;
      }
      // Bilinear sampling of a 3x3 block moves its centre by less than a tenth of a pixel.
      assertEquals(expectedX, meanX / mass, 0.1);
      assertEquals(expectedY, meanY / mass, 0.1);
      // The area grows with the square of the scale; sampling on a grid leaves some percent.
      assertEquals(9 * scale * scale, mass, 1.2);
    }
  }

  private static float[] ramp() {
    float[] sample = new float[80];
    for (int i = 0; i < 80; i++) {
      sample[i] = i;
    }
    return sample;
  }

  private static void assertFails(String text, String message) {
    UsageException e = assertThrows(UsageException.class, () -> Augmentation.parse(text));
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertTrue(Arrays.stream(e.getMessage().split("\n")).count() == 1);
  }
}
