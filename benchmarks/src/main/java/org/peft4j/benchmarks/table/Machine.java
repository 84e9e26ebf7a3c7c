package org.peft4j.benchmarks.table;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

/** The machine of the measurements. */
public final class Machine {
  private static final Path PROCESSOR = Path.of("/proc/cpuinfo");
  private static final String ND4J = "/META-INF/maven/org.nd4j/nd4j-api/pom.properties";
  private static final String UNKNOWN = "unknown";

  private Machine() {}

  /** Processors, Java, ND4J and how busy the machine is, in a line. */
  public static String description() {
    return "%s · %s %s · JDK %s · ND4J %s · load %.1f"
        .formatted(
            processor(),
            System.getProperty("os.name"),
            System.getProperty("os.arch"),
            System.getProperty("java.version"),
            nd4j(),
            ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private static String nd4j() {
    try (InputStream file = Machine.class.getResourceAsStream(ND4J)) {
      if (file == null) {
        return UNKNOWN;
      }
      Properties properties = new Properties();
      properties.load(file);
      return properties.getProperty("version", UNKNOWN);
    } catch (IOException e) {
      return UNKNOWN;
    }
  }

  private static String processor() {
    try {
      List<String> names =
          Files.readAllLines(PROCESSOR).stream()
              .filter(line -> line.startsWith("model name"))
              .map(line -> line.substring(line.indexOf(':') + 1).strip())
              .toList();
      return names.isEmpty() ? UNKNOWN : "%d × %s".formatted(names.size(), names.get(0));
    } catch (IOException e) {
      return UNKNOWN;
    }
  }
}
