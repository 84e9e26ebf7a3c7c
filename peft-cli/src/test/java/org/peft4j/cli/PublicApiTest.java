package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the libraries promise to users: its size is seen, and nothing internal is in it. */
class PublicApiTest {
  private static final Path LIST = Path.of("..", "docs", "public-api.txt");
  private static final int LARGEST_PACKAGE = 25;

  private static final List<JavaClass> API = api();

  private static List<JavaClass> api() {
    JavaClasses all =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(new WithoutTestJars())
            .importPackages("org.peft4j");
    return all.stream()
        .filter(type -> !type.getPackageName().startsWith("org.peft4j.cli"))
        .filter(type -> !internal(type))
        .filter(PublicApiTest::visible)
        .toList();
  }

  private static boolean internal(JavaClass type) {
    return (type.getPackageName() + ".").startsWith("org.peft4j.")
        && (type.getPackageName() + ".").contains(".internal.");
  }

  private static boolean visible(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && !type.isAnonymousClass()
        && !type.getSimpleName().equals("package-info")
        && type.getEnclosingClass().map(PublicApiTest::visible).orElse(true);
  }

  private static String name(JavaClass type) {
    return type.getName().replace('$', '.');
  }

  @Test
  void everyPublicTypeIsInTheCommittedList() throws IOException {
    List<String> listed = Files.readAllLines(LIST);
    List<String> found = API.stream().map(PublicApiTest::name).sorted().toList();
    assertThat(found)
        .as(
            "The public types differ from docs/public-api.txt. Make a type package-private or move"
                + " it under an internal package if users need not see it; otherwise add it to the"
                + " list in its alphabetical place, or remove it there.")
        .isEqualTo(listed);
  }

  @Test
  void noPublicMemberHasAnInternalType() {
    List<String> problems = new ArrayList<>();
    for (JavaClass type : API) {
      for (JavaMember member : type.getMembers()) {
        if (isPromised(member)) {
          types(member)
              .filter(PublicApiTest::internal)
              .forEach(used -> problems.add(member.getFullName() + " has " + used.getName()));
        }
      }
    }
    assertThat(problems).isEmpty();
  }

  private static boolean isPromised(JavaMember member) {
    return !member.getModifiers().contains(JavaModifier.SYNTHETIC)
        && (member.getModifiers().contains(JavaModifier.PUBLIC)
            || member.getModifiers().contains(JavaModifier.PROTECTED));
  }

  private static Stream<JavaClass> types(JavaMember member) {
    if (member instanceof JavaCodeUnit unit) {
      return Stream.concat(
          unit.getReturnType().getAllInvolvedRawTypes().stream(),
          unit.getParameterTypes().stream().flatMap(t -> t.getAllInvolvedRawTypes().stream()));
    }
    return Stream.of(member.getOwner().getField(member.getName()).getRawType());
  }

  @Test
  void noPackageHasMoreThanTwentyFiveFiles() throws IOException {
    Map<String, Integer> large = new LinkedHashMap<>();
    try (Stream<Path> folders = Files.walk(Path.of(".."))) {
      for (Path folder : folders.filter(PublicApiTest::holdsMainSources).toList()) {
        try (Stream<Path> files = Files.list(folder)) {
          int count = (int) files.filter(file -> file.toString().endsWith(".java")).count();
          if (count > LARGEST_PACKAGE) {
            large.put(folder.toString(), count);
          }
        }
      }
    }
    assertThat(large).as("packages with too many files: split them by idea").isEmpty();
  }

  private static boolean holdsMainSources(Path folder) {
    return Files.isDirectory(folder)
        && folder.toString().replace('\\', '/').contains("src/main/java/");
  }
}
