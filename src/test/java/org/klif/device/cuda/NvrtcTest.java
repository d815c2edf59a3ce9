package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.device.compile.CudaFlags;
import org.klif.device.compile.CudaText;
import org.klif.device.compile.CudaType;
import org.klif.device.compile.KernelHeaders;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.Surrogate;
import org.klif.neuron.file.NeuronFile;
import org.klif.testing.Allowed;

/**
 * Users' neurons by NVRTC, which needs no GPU; skipped where it is absent. To try it: {@code pip
 * install nvidia-cuda-nvrtc}, and its folder in KLIF_CUDA_LIBRARIES.
 */
class NvrtcTest {
  @TempDir private Path work;
  private Nvrtc nvrtc;

  @BeforeEach
  void find() {
    nvrtc = Nvrtc.find().orElse(null);
    Assumptions.assumeTrue(nvrtc != null, "skipped: NVRTC is absent");
  }

  private String compile(NeuronModel model, boolean smooth, CudaType type) {
    Neuron.Custom neuron = Neuron.Custom.of(model, Surrogate.of(Surrogate.Kind.ATAN));
    CudaText text = CudaText.of(neuron, smooth, type);
    String ptx = nvrtc.ptx(text, new KernelHeaders(CudaText.HEADER), new CudaFlags(), work);
    for (CudaText.Entry entry : text.entries()) {
      assertTrue(ptx.contains(".entry " + entry.name() + "("), entry.name());
    }
    return ptx;
  }

  @Test
  void compilesWhatComesWithKlif() {
    for (String name :
        List.of("klif", "alif", "eif", "glif", "cubalif", "clif", "ltlif", "tclif", "dalif")) {
      for (CudaType type : CudaType.values()) {
        String ptx = compile(NeuronFile.shipped(name), false, type);
        assertTrue(ptx.contains("\n.version 7.8\n"), name);
        assertTrue(ptx.contains("\n.target sm_80\n"), name);
      }
      compile(NeuronFile.shipped(name), true, CudaType.FLOAT32);
    }
  }

  @Test
  void aMistakeHasFileAndLine() {
    NeuronModel alif = NeuronFile.shipped("alif");
    String text = alif.source().text().replace("a = rho * a + s;", "a = floor(rho * a) + s;");
    NeuronSource source = Allowed.source("alif", "my/alif.cuh", text);
    NeuronModel wrong = NeuronFile.parse(source);
    int line = (int) text.substring(0, text.indexOf("floor(rho")).lines().count();
    String message =
        assertThrows(KlifException.class, () -> compile(wrong, false, CudaType.FLOAT32))
            .getMessage();
    assertEquals(
        "my/alif.cuh:%d: floor(x) has no gradient; write floor(detach(x)), which is a constant for the gradient"
            .formatted(line),
        message);
  }
}
