package org.klif.device.cuda;

import java.util.concurrent.atomic.AtomicBoolean;
import jcuda.jcublas.JCublas2;
import jcuda.jcudnn.JCudnn;

/** Loads JCuda's native parts for cuBLAS and cuDNN, each once in a process. */
final class CudaLibraries {
  private static final AtomicBoolean CUBLAS = new AtomicBoolean();
  private static final AtomicBoolean CUDNN = new AtomicBoolean();

  private CudaLibraries() {}

  /** JCublas2 can be used after it. */
  static void loadCublas() {
    if (!CUBLAS.get()) {
      JCudaNatives.load("JCublas2", bytes -> bytes, () -> JCublas2.setExceptionsEnabled(false));
      CUBLAS.set(true);
    }
  }

  /** JCudnn can be used after it. */
  static void loadCudnn() {
    if (!CUDNN.get()) {
      JCudaNatives.load("JCudnn", bytes -> bytes, () -> JCudnn.setExceptionsEnabled(false));
      CUDNN.set(true);
    }
  }
}
