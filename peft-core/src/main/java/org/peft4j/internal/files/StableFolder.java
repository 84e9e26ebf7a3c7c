package org.peft4j.internal.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.peft4j.error.PeftException;

/**
 * Reads the files of an adapter's folder as they were at one moment. A save by another process
 * replaces one file after the other; what was read across such a change is read again.
 */
public final class StableFolder {
  private static final int ATTEMPTS = 20;

  private StableFolder() {}

  /**
   * Reads until no file of the adapter changes meanwhile.
   *
   * @param read reads the folder; a failure counts only if nothing changed
   * @param discard frees a result that is read again
   * @throws PeftException if the files change every time
   */
  public static <T> T read(Path folder, Supplier<T> read, Consumer<T> discard) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Map<String, String> before = state(folder);
      T result;
      try {
        result = read.get();
      } catch (PeftException e) {
        if (state(folder).equals(before)) {
          throw e;
        }
        continue;
      }
      if (state(folder).equals(before)) {
        return result;
      }
      discard.accept(result);
    }
    throw new PeftException(
        "The adapter in " + folder + " was written anew each time it was read; try again later.");
  }

  /**
   * What changes when a file is replaced, by the file's name; nothing for files that are absent.
   */
  private static Map<String, String> state(Path folder) {
    Map<String, String> state = new TreeMap<>();
    for (String name :
        new String[] {
          AdapterFiles.CONFIG,
          String.valueOf(AdapterFiles.weights(folder).getFileName()),
          AdapterFiles.ENCODER
        }) {
      try {
        BasicFileAttributes file =
            Files.readAttributes(folder.resolve(name), BasicFileAttributes.class);
        state.put(name, file.fileKey() + " " + file.size() + " " + file.lastModifiedTime());
      } catch (NoSuchFileException absent) {
        state.put(name, "absent");
      } catch (IOException e) {
        throw new PeftException("Cannot read " + folder + ": " + e.getMessage() + ".", e);
      }
    }
    return state;
  }
}
