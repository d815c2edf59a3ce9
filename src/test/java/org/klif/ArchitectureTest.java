package org.klif;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.common.base.Splitter;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Scanner;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.neuron.NeuronSource;

/** Holds the arrows between packages that docs/DESIGN.md draws, and a few habits. */
class ArchitectureTest {
  /** A row of the table of packages in docs/DESIGN.md: its name, what it holds, its imports. */
  private static final Pattern ROW = Pattern.compile("\\| `([a-z.]+)` \\|.*\\| ([^|]+) \\|");

  /** Which packages each package may import; every package may import org.klif and its io. */
  private static final Map<String, List<String>> ARROWS = arrows();

  private static final Set<String> PACKAGES = new TreeSet<>(ARROWS.keySet());

  private static JavaClasses main;

  @BeforeAll
  static void importClasses() {
    main =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.klif");
  }

  private static Map<String, List<String>> arrows() {
    Map<String, List<String>> arrows = new TreeMap<>();
    try {
      for (String line : Files.readAllLines(Path.of("docs/DESIGN.md"))) {
        Matcher row = ROW.matcher(line);
        if (row.matches()) {
          arrows.put(row.group(1), Splitter.on(", ").splitToList(row.group(2)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return arrows;
  }

  @ParameterizedTest
  @FieldSource("PACKAGES")
  void importsOnlyWhatItMay(String name) {
    // a part, as data.random, is that package alone; any other name has its parts in it
    String whole = "org.klif." + name + (name.contains(".") ? "" : "..");
    List<String> allowed = new ArrayList<>(List.of("org.klif", "org.klif.io", whole));
    for (String other : ARROWS.get(name)) {
      switch (other) {
        case "nothing", "its parts" -> {}
        case "everything but device.cpu and device.cuda" -> allowed.add("org.klif..");
        default -> allowed.add("org.klif." + other + "..");
      }
    }
    classes()
        .that()
        .resideInAPackage(whole)
        .should()
        .onlyDependOnClassesThat(
            not(resideInAPackage("org.klif.."))
                .or(resideInAnyPackage(allowed.toArray(String[]::new))))
        .check(main);
  }

  /** What a neuron is does not depend on where it is written. */
  @Test
  void neuronsDoNotKnowTheirFiles() {
    noClasses()
        .that()
        .resideInAPackage("org.klif.neuron")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.klif.neuron.file")
        .check(main);
    noClasses()
        .that()
        .resideOutsideOfPackage("org.klif.neuron.file")
        .should()
        .callMethod(NeuronSource.class, "allowed")
        .because("whose text may be compiled and run is decided by Trust")
        .check(main);
  }

  @Test
  void noTwoPublicClassesShareASimpleName() {
    Map<String, List<String>> names =
        main.stream()
            .filter(c -> c.getModifiers().contains(JavaModifier.PUBLIC) && c.isTopLevelClass())
            .collect(
                Collectors.groupingBy(
                    c -> c.getSimpleName(),
                    Collectors.mapping(c -> c.getName(), Collectors.toList())));
    names.values().removeIf(same -> same.size() < 2);
    assertEquals(Map.of(), names);
  }

  @Test
  void everyPackageHasItsArrows() {
    Set<String> found =
        main.stream()
            .map(c -> c.getPackageName())
            .filter(p -> p.startsWith("org.klif."))
            .map(p -> p.substring("org.klif.".length()))
            // the row of the CPU's device stands for its parts
            .filter(p -> !p.startsWith("device.cpu."))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(PACKAGES, found, "packages here, and rows of the table in docs/DESIGN.md");
  }

  @Test
  void theRootImportsNoPackage() {
    classes()
        .that()
        .resideInAPackage("org.klif")
        .should()
        .onlyDependOnClassesThat(
            not(resideInAPackage("org.klif..")).or(resideInAPackage("org.klif")))
        .check(main);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cuda"})
  void nobodyImportsAnImplementationOfTheDevice(String name) {
    String implementation = "org.klif.device." + name + "..";
    noClasses()
        .that()
        .resideOutsideOfPackage(implementation)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(implementation)
        .because("implementations are found through ServiceLoader")
        .check(main);
  }

  @Test
  void onlyTheCudaDeviceUsesJcuda() {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.klif.device.cuda..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jcuda..")
        .check(main);
  }

  @Test
  void packagesFormNoCycle() {
    slices().matching("org.klif.(*)..").should().beFreeOfCycles().check(main);
  }

  /** Java takes grey for linear light and moves colours by profiles: a 129 becomes a 188. */
  @Test
  void onlyFileImageReadsImagesAndNobodyLetsJavaConvertColours() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("org.klif.data.FileImage")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("javax.imageio.ImageReader")
        .orShould()
        .callMethodWhere(target(name("read")).and(target(owner(type(ImageIO.class)))))
        .check(main);
    noClasses()
        .should()
        .callMethodWhere(target(name("getRGB")).and(target(owner(type(BufferedImage.class)))))
        .orShould()
        .dependOnClassesThat()
        .haveNameMatching("java\\.awt\\.(image\\.ColorConvertOp|color\\..*)")
        .check(main);
  }

  /** Reports and SVG files are written where Java finds no font; only a PNG's words need one. */
  @Test
  void onlyPngCanvasNeedsAFont() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("org.klif.chart.PngCanvas")
        .should()
        .dependOnClassesThat()
        .haveNameMatching("java\\.awt\\.(Font.*|font\\..*)")
        .orShould()
        .callMethodWhere(target(name("createGraphics").or(name("getGraphics"))))
        .check(main);
  }

  /** Each of these takes the locale, the charset or the time zone of the machine. */
  @Test
  void textDoesNotDependOnTheMachine() {
    noClasses()
        .should()
        .callMethod(Locale.class, "getDefault")
        .orShould()
        .callMethod(String.class, "toLowerCase")
        .orShould()
        .callMethod(String.class, "toUpperCase")
        .orShould()
        .callMethod(String.class, "getBytes")
        .orShould()
        .callConstructor(String.class, byte[].class)
        .orShould()
        .callConstructor(InputStreamReader.class, InputStream.class)
        .orShould()
        .callConstructor(OutputStreamWriter.class, OutputStream.class)
        .orShould()
        .callConstructor(Scanner.class, InputStream.class)
        .orShould()
        .callConstructor(PrintStream.class, OutputStream.class)
        .orShould()
        .callMethod(Charset.class, "defaultCharset")
        .orShould()
        .dependOnClassesThat()
        .haveNameMatching("java\\.io\\.File(Reader|Writer)|java\\.text\\.(Number|Decimal)Format.*")
        .check(main);
  }

  /** Who programs against the library needs to know nothing else. */
  @Test
  void theLibraryNamesItsOwnTypesAndJavas() {
    Set<String> foreign = new TreeSet<>();
    for (JavaClass type : main) {
      if (type.getPackageName().equals("org.klif.api")
          && type.getModifiers().contains(JavaModifier.PUBLIC)) {
        for (JavaCodeUnit unit : type.getCodeUnits()) {
          if (unit.getModifiers().contains(JavaModifier.PUBLIC)) {
            Stream.concat(Stream.of(unit.getRawReturnType()), unit.getRawParameterTypes().stream())
                .map(JavaClass::getBaseComponentType)
                .filter(t -> !t.isPrimitive())
                .filter(t -> !t.getName().matches("(java\\.|org\\.klif\\.api\\.).*"))
                .forEach(t -> foreign.add(unit.getFullName() + ": " + t.getName()));
          }
        }
      }
    }
    assertEquals(Set.of(), foreign);
  }

  @Test
  void namesSayWhatAClassIs() {
    noClasses()
        .should()
        .haveNameMatching(".*(Manager|Helper|Util|Utils)")
        .because("such a name says nothing of what the class is")
        .check(main);
  }

  /** A stranger's text reaches a compiler, or the key of what was compiled, by code() alone. */
  @Test
  void compilersAreGivenOnlyTextsThatMayRun() {
    noClasses()
        .that()
        .resideInAPackage("org.klif.device..")
        .should()
        .callMethod(NeuronSource.class, "text")
        .because("code() refuses a text that nobody has allowed, text() is for readers")
        .check(main);
    noClasses()
        .that()
        .resideOutsideOfPackages("org.klif.device..", "org.klif.workbench..", "org.klif.neuron..")
        .should()
        .dependOnClassesThat()
        .haveNameMatching("org\\.klif\\.device\\.compile\\.(Compiler|KernelCache|ModelText)")
        .because("what is compiled begins as a NeuronSource")
        .check(main);
  }

  @Test
  void onlyTheCommandLineEndsTheProgram() {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.klif.cli..")
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .check(main);
  }

  /** What opens a file to write in it; the constructors take a file or its name. */
  private static final Set<String> WRITING_METHODS =
      Set.of(
          "java.nio.file.Files.newOutputStream",
          "java.nio.file.Files.newBufferedWriter",
          "java.nio.file.Files.write",
          "java.nio.file.Files.writeString",
          "java.nio.file.Files.copy",
          "java.nio.file.Files.newByteChannel",
          "java.nio.channels.FileChannel.open");

  private static final Set<String> WRITERS =
      Set.of(
          "java.io.FileOutputStream",
          "java.io.FileWriter",
          "java.io.RandomAccessFile",
          "java.io.PrintWriter",
          "java.io.PrintStream",
          "javax.imageio.ImageIO");

  /** They open files to read them, mapped or at places of their choice. */
  private static final String READERS = "CacheFile|Safetensors|LibraryFile|VariableLengths";

  private static boolean opensToWrite(JavaCall<?> call) {
    String owner = call.getTargetOwner().getName();
    boolean named =
        call.getTarget().getRawParameterTypes().stream()
            .anyMatch(
                type ->
                    type.isEquivalentTo(java.io.File.class)
                        || (call.getName().equals("<init>") && type.isEquivalentTo(String.class)));
    return WRITING_METHODS.contains(owner + "." + call.getName())
        || (WRITERS.contains(owner)
            && (call.getName().equals("<init>") || call.getName().equals("write"))
            && named);
  }

  @Test
  void filesAreWrittenThroughTheirPackageOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.klif.io")
        .and()
        .haveNameNotMatching(".*\\.(" + READERS + ")")
        .should()
        .callCodeUnitWhere(
            DescribedPredicate.describe("open a file to write", ArchitectureTest::opensToWrite))
        .because("what opens files itself follows links and leaves halves of files")
        .check(main);
  }

  @Test
  void onlyTheCommandLinePrints() {
    noClasses()
        .that()
        .resideOutsideOfPackages("org.klif.cli..", "org.klif.bench..")
        .should()
        .accessField(System.class, "out")
        .because("with --json the last line of stdout is one JSON object")
        .check(main);
  }
}
