package org.peft4j.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;

/** Archives that are not as {@code torch.save} writes them. */
class HostileArchiveTest {
  private static final byte[] VECTOR =
      Pickle.begun().code("}").text("a").vector(0, 4, 1).code("s.").bytes();

  private final Path file;

  HostileArchiveTest(@TempDir Path folder) {
    file = folder.resolve("model.bin");
  }

  @Test
  void theArchiveOfAVectorIsRead() throws IOException {
    write(entries(), ZipOutputStream.STORED);
    try (TorchFile opened = TorchFile.open(file)) {
      assertThat(opened.buffer("a").get(3)).isEqualTo((byte) 3);
    }
  }

  @Test
  void aCompressedEntryIsRefused() throws IOException {
    write(entries(), ZipOutputStream.DEFLATED);
    assertRefused("is compressed or encrypted");
  }

  @Test
  void aStorageThatIsMissingOrTooShortIsRefused() throws IOException {
    Map<String, byte[]> entries = entries();
    entries.put("m/data/0", new byte[15]);
    write(entries, ZipOutputStream.STORED);
    assertRefused("m/data/0 has 15 bytes; 4 elements of F32 need more");

    entries.remove("m/data/0");
    write(entries, ZipOutputStream.STORED);
    assertRefused("\"m/data/0\" is missing");
  }

  @Test
  void noPickleOrTwoAreRefused() throws IOException {
    Map<String, byte[]> entries = entries();
    entries.put("n/data.pkl", VECTOR);
    write(entries, ZipOutputStream.STORED);
    assertRefused("holds 2 files data.pkl");

    write(Map.of("config.json", new byte[2]), ZipOutputStream.STORED);
    assertRefused("holds 0 files data.pkl");
  }

  @Test
  void anotherByteOrderIsRefused() throws IOException {
    Map<String, byte[]> entries = entries();
    entries.put("m/byteorder", "big".getBytes(StandardCharsets.US_ASCII));
    write(entries, ZipOutputStream.STORED);
    assertRefused("the byte order is \"big\"");
  }

  @Test
  void aPickleWithMoreBehindItIsRefused() throws IOException {
    Map<String, byte[]> entries = entries();
    byte[] longer = Arrays.copyOf(VECTOR, VECTOR.length + 1);
    entries.put("m/data.pkl", longer);
    write(entries, ZipOutputStream.STORED);
    assertRefused("more bytes behind the end");
  }

  @Test
  void aPickleThatIsTooLongIsRefusedBeforeItIsRead() throws IOException {
    Map<String, byte[]> entries = entries();
    entries.put("m/data.pkl", new byte[TorchFile.MAX_PICKLE + 1]);
    write(entries, ZipOutputStream.STORED);
    assertRefused("allowed: " + TorchFile.MAX_PICKLE);
  }

  /** The directory's fields of its last entry, damaged one by one. */
  @Test
  void aDirectoryThatPointsElsewhereIsRefused() throws IOException {
    write(entries(), ZipOutputStream.STORED);
    byte[] sound = Files.readAllBytes(file);
    int entry = lastEntry(sound);

    assertDamaged(sound, entry + 8, 1, "is compressed or encrypted");
    assertDamaged(sound, entry + 26, 0x7f, "stored as");
    assertDamaged(sound, entry + 45, 0x7f, "ends before byte");
    assertDamaged(sound, entry + 42, 1, "is not where the directory says");
    assertDamaged(sound, entry + 29, 0x7f, "is cut off");
    assertDamaged(sound, sound.length - 3, 0x7f, "its directory is at");
  }

  private void assertDamaged(byte[] sound, int at, int value, String message) throws IOException {
    byte[] damaged = sound.clone();
    damaged[at] = (byte) value;
    Files.write(file, damaged);
    assertRefused(message);
  }

  private static int lastEntry(byte[] zip) {
    for (int at = zip.length - 46; at >= 0; at--) {
      if (zip[at] == 'P' && zip[at + 1] == 'K' && zip[at + 2] == 1 && zip[at + 3] == 2) {
        return at;
      }
    }
    throw new IllegalStateException("no entry");
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> TorchFile.open(file))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("model.bin")
        .hasMessageContaining(message);
  }

  private static Map<String, byte[]> entries() {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("m/data.pkl", VECTOR);
    entries.put("m/data/0", new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
    return entries;
  }

  private void write(Map<String, byte[]> entries, int method) throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        ZipEntry header = new ZipEntry(entry.getKey());
        CRC32 crc = new CRC32();
        crc.update(entry.getValue());
        header.setMethod(method);
        header.setSize(entry.getValue().length);
        header.setCrc(crc.getValue());
        zip.putNextEntry(header);
        zip.write(entry.getValue());
      }
    }
  }
}
