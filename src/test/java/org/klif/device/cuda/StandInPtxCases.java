package org.klif.device.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static jcuda.driver.CUresult.CUDA_ERROR_ILLEGAL_ADDRESS;
import static jcuda.driver.CUresult.CUDA_ERROR_NOT_SUPPORTED;
import static jcuda.driver.CUresult.CUDA_SUCCESS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * PTX run by the stand-in driver: committed, committed with a mistake, and written here; run by
 * StandInPtxTest in a JVM of its own for each value of KLIF_SIM_PTX.
 */
class StandInPtxCases {
  private static final String MODE = "KLIF_SIM_PTX";

  /** An entry that the driver has, so that it takes other PTX for it: two arrays, two numbers. */
  private static final String ENTRY = "vote_backward_f32";

  private static final String HEAD =
      """
      .version 7.8
      .target sm_80
      .address_size 64
      .visible .entry vote_backward_f32(.param .u64 from, .param .u64 to, .param .u64 a, .param .u32 b)
      {
        .reg .pred %p<9>;
        .reg .b16 %h<9>;
        .reg .b32 %r<99>;
        .reg .f32 %f<99>;
        .reg .b64 %rd<9>;
        .reg .f64 %fd<9>;
        .shared .align 16 .b8 array[512];
        ld.param.u64 %rd1, [from];
        ld.param.u64 %rd2, [to];
        mov.u32 %r1, %tid.x;
        mul.wide.u32 %rd3, %r1, 4;
        add.s64 %rd4, %rd2, %rd3;
        shl.b32 %r2, %r1, 2;
        mov.u32 %r3, array;
        add.s32 %r4, %r3, %r2;
      """;

  @BeforeAll
  static void load() {
    DriverLibrary.load(DriverLibrary.Kind.SIM);
    StandInFixture.ok(JCudaDriver.cuDeviceGet(StandInFixture.DEVICE, 0));
  }

  @BeforeEach
  void open() {
    var context = new jcuda.driver.CUcontext();
    StandInFixture.ok(JCudaDriver.cuDevicePrimaryCtxRetain(context, StandInFixture.DEVICE));
    StandInFixture.ok(JCudaDriver.cuCtxSetCurrent(context));
    var unused = SimPtx.verdict();
  }

  @AfterEach
  void close() {
    JCudaDriver.cuDevicePrimaryCtxRelease(StandInFixture.DEVICE);
  }

  private static String committed(String module) throws IOException {
    try (InputStream in =
        StandInPtxCases.class.getResourceAsStream("/kernels/" + module + ".ptx")) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  private static String replaced(String text, String what, String by) {
    assertTrue(text.contains(what), what);
    return text.replace(what, by);
  }

  /** The status of the launch and what it waits for. */
  private static int run(String ptx, String entry, int grid, int block, Pointer... parameters) {
    CUmodule module = new CUmodule();
    StandInFixture.ok(JCudaDriver.cuModuleLoadData(module, StandInFixture.image(ptx)));
    CUfunction function = new CUfunction();
    StandInFixture.ok(JCudaDriver.cuModuleGetFunction(function, module, entry));
    int status =
        JCudaDriver.cuLaunchKernel(
            function, grid, 1, 1, block, 1, 1, 0, null, Pointer.to(parameters), null);
    return status != CUDA_SUCCESS ? status : JCudaDriver.cuCtxSynchronize();
  }

  /** Words for each thread of a block that runs those instructions. */
  private static int[] words(String instructions, int block) {
    DeviceAddress to = StandInFixture.allocate(4L * block);
    StandInFixture.ok(written(instructions, 1, block, to, 0));
    int[] words = new int[block];
    StandInFixture.ok(JCudaDriver.cuMemcpyDtoH(Pointer.to(words), to, 4L * block));
    return words;
  }

  private static int written(
      String instructions, int grid, int block, DeviceAddress to, int chosen) {
    DeviceAddress from = StandInFixture.upload(StandInFixture.counting(64));
    return run(
        HEAD + instructions + "\nret;\n}\n",
        ENTRY,
        grid,
        block,
        Pointer.to(from),
        Pointer.to(to),
        StandInFixture.i64(64),
        StandInFixture.i32(chosen));
  }

  /** The committed gradient of 70 votes of 3 neurons each, in 2 blocks. */
  private static int votes(String ptx) {
    return run(
        ptx,
        ENTRY,
        2,
        64,
        Pointer.to(StandInFixture.upload(StandInFixture.counting(70))),
        Pointer.to(StandInFixture.allocate(4 * 210)),
        StandInFixture.i64(70),
        StandInFixture.i32(3));
  }

  /** The committed loss of 3 samples of 40 classes. */
  private static int loss(String ptx) {
    List<Pointer> parameters = new ArrayList<>();
    parameters.add(Pointer.to(StandInFixture.upload(StandInFixture.counting(2 * 120))));
    parameters.add(Pointer.to(StandInFixture.upload(0, 0, 0))); // labels: float 0 is integer 0
    parameters.add(Pointer.to(StandInFixture.allocate(4 * 120)));
    parameters.add(Pointer.to(StandInFixture.allocate(8 * 6)));
    for (int number : new int[] {1, 0, 2, 3, 40}) {
      parameters.add(StandInFixture.i32(number));
    }
    for (double number : new double[] {0, 1, 0.05, 1}) {
      parameters.add(Pointer.to(new double[] {number}));
    }
    return run(ptx, "loss_forward_f32", 1, 96, parameters.toArray(new Pointer[0]));
  }

  /** Values that the sources of no kernel come by, too. */
  @Test
  @EnabledIfEnvironmentVariable(named = MODE, matches = "run")
  void instructionsDoWhatPtxSaysOfThem() {
    String results =
        """
        max.f32 %f1, 0f7FC00000, 0fC0000000;   // NaN loses
        mov.b32 %r11, %f1;
        max.f32 %f2, 0f80000000, 0f00000000;   // -0 is below +0
        mov.b32 %r12, %f2;
        shl.b32 %r13, 1, 40;                   // by more than there is
        shr.s32 %r14, -5, 40;
        mul.hi.u32 %r15, -1, -1;
        setp.ltu.f32 %p1, 0f7FC00000, 0f00000000;
        selp.b32 %r16, 1, 2, %p1;
        cvt.rzi.s32.f32 %r17, 0f4F800000;      // too large
        cvt.rni.s32.f32 %r18, 0f40200000;      // 2.5
        cvt.rn.bf16.f32 %h1, 0f3F808000;       // a tie
        cvt.u32.u16 %r19, %h1;
        copysign.f32 %f3, 0f80000000, 0f3F800000;
        mov.b32 %r20, %f3;
        mov.b32 {%h2, %h3}, 0x12345678;
        cvt.u32.u16 %r21, %h3;
        rem.s32 %r22, -7, 3;
        fma.rn.f32 %f4, 0f3F800001, 0f3F800001, 0fBF800002;
        mov.b32 %r23, %f4;
        @!%p1 mov.u32 %r23, 0;
        """;
    int[] expected = {
      0xC0000000, 0, 0, -1, 0xFFFFFFFE, 1, 0x7FFFFFFF, 2, 0x3F80, 0xBF800000, 0x1234, -1, 0x28800000
    };
    StringBuilder code = new StringBuilder(results);
    for (int i = 0; i < expected.length; i++) {
      code.append("st.global.u32 [%%rd2+%d], %%r%d;\n".formatted(4 * i, 11 + i));
    }
    DeviceAddress to = StandInFixture.allocate(4L * expected.length);
    StandInFixture.ok(written(code.toString(), 1, 1, to, 0));
    int[] got = new int[expected.length];
    StandInFixture.ok(JCudaDriver.cuMemcpyDtoH(Pointer.to(got), to, 4L * got.length));
    for (int i = 0; i < got.length; i++) {
      assertEquals(Integer.toHexString(expected[i]), Integer.toHexString(got[i]), "result " + i);
    }
  }

  /** Half of the warp takes one way, half the other; both come to their own shuffle. */
  @Test
  @EnabledIfEnvironmentVariable(named = MODE, matches = "run")
  void lanesOfAWarpGoWaysOfTheirOwn() {
    int[] got =
        words(
            """
            setp.lt.u32 %p1, %r1, 16;
            @%p1 bra $L__low;
            shfl.sync.bfly.b32 %r5, %r1, 1, 31, 0xffff0000;
            bra.uni $L__end;
            $L__low:
            shfl.sync.down.b32 %r5|%p2, %r1, 4, 0x181f, 0xffff;
            $L__end:
            bar.warp.sync -1;
            vote.sync.ballot.b32 %r6, %p1, -1;
            add.s32 %r5, %r5, %r6;
            st.global.u32 [%rd4], %r5;
            """,
            32);
    for (int lane = 0; lane < 32; lane++) {
      int from = lane >= 16 ? lane ^ 1 : lane % 8 < 4 ? lane + 4 : lane;
      assertEquals(0xffff + from, got[lane], "lane " + lane);
    }
  }

  @Test
  @EnabledIfEnvironmentVariable(named = MODE, matches = "run")
  void anInstructionThatIsNotKnownIsRefused() {
    String ptx = HEAD + "tanh.approx.f32 %f1, %f2;\nret;\n}\n";
    assertEquals(
        CUDA_ERROR_NOT_SUPPORTED,
        JCudaDriver.cuModuleLoadData(new CUmodule(), StandInFixture.image(ptx)));
  }

  /** What each launch of the next test runs, one of them: all are one text, compiled once. */
  private static final List<String> MISTAKES =
      List.of(
          "st.global.u32 [%rd4+2], %r1;", // misaligned
          "st.global.u32 [%rd2+65536], %r1;", // outside of every array
          "st.global.u32 [%rd4+4], %r1;", // one element too far
          "ld.global.u32 %r5, [%rd2+512]; st.global.u32 [%rd4], %r5;", // read one too far
          "st.shared.v2.u32 [%r4+4], {%r1, %r1};", // misaligned in shared memory
          "st.shared.u32 [%r3+512], %r1;", // behind the shared array
          "ld.shared.u32 %r5, [%r4];", // nobody wrote it
          "setp.eq.u32 %p1, %r1, 3; @%p1 ret; bar.sync 0;",
          "setp.eq.u32 %p1, %r1, 3; @%p1 ret; bar.warp.sync -1;",
          "st.shared.u32 [%r4], %r1; ld.shared.u32 %r5, [%r3]; st.global.u32 [%rd4], %r5;",
          "div.s32 %r5, %r1, 0; st.global.u32 [%rd4], %r5;",
          "st.global.u32 [%rd2], %r1;", // all write the same element
          "st.global.u32 [%rd4], %r1; ld.global.u32 %r5, [%rd2];", // read what another wrote
          "ld.global.u32 %r5, [%rd2]; st.global.u32 [%rd4], %r1;", // write what another read
          "ld.global.u32 %r5, [%rd2]; bar.warp.sync -1; st.global.u32 [%rd4], %r1;" // two warps
          );

  /** Not a mistake: what threads of a warp or a block exchange with barriers between. */
  private static final String ORDERED =
      """
      st.global.u32 [%rd4], %r1;
      bar.warp.sync -1;
      xor.b32 %r5, %r1, 1;
      mul.wide.u32 %rd5, %r5, 4;
      add.s64 %rd5, %rd2, %rd5;
      ld.global.u32 %r6, [%rd5];
      bar.sync 0;
      ld.global.u32 %r7, [%rd2];
      bar.sync 0;
      st.global.u32 [%rd4], %r6;
      """;

  static IntStream numbers() {
    return IntStream.range(0, MISTAKES.size());
  }

  private static int chosen(int number, int grid) {
    StringBuilder text = new StringBuilder("ld.param.u32 %r9, [b];\n");
    List<String> all = new ArrayList<>(MISTAKES);
    all.add(ORDERED);
    for (int i = 0; i < all.size(); i++) {
      text.append("setp.ne.u32 %%p8, %%r9, %d;\n@%%p8 bra $L__%d;\n".formatted(i, i));
      text.append(all.get(i)).append("\nret;\n$L__").append(i).append(":\n");
    }
    return written(text.toString(), grid, 128, StandInFixture.allocate(512), number);
  }

  @ParameterizedTest
  @EnabledIfEnvironmentVariable(named = MODE, matches = "race")
  @MethodSource("numbers")
  void aMistakeIsAFault(int number) {
    assertEquals(CUDA_ERROR_ILLEGAL_ADDRESS, chosen(number, 1), MISTAKES.get(number));
  }

  @Test
  @EnabledIfEnvironmentVariable(named = MODE, matches = "race")
  void barriersOrderTheThreadsOfABlockOnly() {
    assertEquals(CUDA_SUCCESS, chosen(MISTAKES.size(), 1));
    assertEquals(CUDA_ERROR_ILLEGAL_ADDRESS, chosen(MISTAKES.size(), 2));
  }

  @Test
  @EnabledIfEnvironmentVariable(named = MODE, matches = "race")
  void aDroppedBarrierOfAWarpIsFound() throws IOException {
    String ptx = committed("loss_f32");
    assertEquals(CUDA_SUCCESS, loss(ptx));
    assertEquals(CUDA_ERROR_ILLEGAL_ADDRESS, loss(replaced(ptx, "bar.warp.sync \t-1;", "")));
  }

  @Test
  @EnabledIfEnvironmentVariable(named = MODE, matches = "compare")
  void whatIsCommittedIsEqualToItsSources() throws IOException {
    assertEquals(CUDA_SUCCESS, votes(committed("elementwise_f32")));
    var verdict = SimPtx.verdict().orElseThrow();
    assertEquals("PTX: 1 launches, 210 elements compared, 0 differ, largest 0 ulp", verdict.line());
    assertEquals(false, verdict.failed());
  }

  @ParameterizedTest
  @EnabledIfEnvironmentVariable(named = MODE, matches = "compare")
  @CsvSource(
      delimiter = '|',
      value = {
        "mul.rn.f32 \t%f4, %f1, %f3 | add.rn.f32 \t%f4, %f1, %f3 | largest 1051372203 ulp",
        "mul.rn.f32 \t%f4, %f1, %f3 | div.rn.f32 \t%f4, %f3, %f2 | largest 1 ulp",
        "setp.ge.s64 \t%p1 | setp.lt.s64 \t%p1 | 0 elements compared, 210 differ",
      })
  void oneInstructionThatIsNotAsTheSourcesIsFound(String what, String by, String expected)
      throws IOException {
    String ptx =
        replaced(committed("elementwise_f32"), what.replace("\\t", "\t"), by.replace("\\t", "\t"));
    assertEquals(CUDA_SUCCESS, votes(ptx));
    var verdict = SimPtx.verdict().orElseThrow();
    assertEquals(true, verdict.failed(), verdict.line());
    assertTrue(verdict.line().contains(expected), verdict.line());
  }
}
