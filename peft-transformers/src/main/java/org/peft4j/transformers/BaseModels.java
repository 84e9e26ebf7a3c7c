package org.peft4j.transformers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where base models are on this machine, by the names that adapters give: {@code
 * base_model_name_or_path}. Nothing is ever downloaded.
 */
@FunctionalInterface
public interface BaseModels {
  /**
   * The folders where a model may be, the likeliest first; they need not be there.
   *
   * @param name an identifier of a hub, {@code organisation/model}, or a path
   */
  List<Path> places(String name);

  /** The folder that an adapter names, relative to the working directory if it is not absolute. */
  static BaseModels named() {
    // A path to another machine would be the network.
    return name ->
        name.startsWith("\\\\") || name.startsWith("//") ? List.of() : path(name).stream().toList();
  }

  /**
   * A folder of models: {@code organisation/model}, {@code model} or {@code organisation--model} in
   * it, or the layout of Hugging Face's cache, {@code models--organisation--model}. Of a path, the
   * last name counts. Nothing outside of the folder is found.
   */
  static BaseModels in(Path folder) {
    Path root = folder.toAbsolutePath().normalize();
    return name ->
        path(name).stream()
            .filter(path -> path.getFileName() != null)
            .flatMap(path -> within(root, path))
            .map(Path::normalize)
            .filter(place -> place.startsWith(root) && !place.equals(root))
            .distinct()
            .toList();
  }

  /** The places of these, then those of others. */
  default BaseModels or(BaseModels others) {
    return name -> Stream.concat(places(name).stream(), others.places(name).stream()).toList();
  }

  private static Stream<Path> within(Path root, Path name) {
    String last = String.valueOf(name.getFileName());
    if (name.isAbsolute()) {
      return Stream.of(root.resolve(last));
    }
    String joined = name.toString().replace('\\', '/').replace("/", "--");
    Path cached = root.resolve("models--" + joined);
    return Stream.of(
            Stream.of(root.resolve(name), root.resolve(last), root.resolve(joined)),
            snapshot(cached).stream())
        .flatMap(places -> places);
  }

  /** The snapshot that {@code refs/main} names. */
  private static Optional<Path> snapshot(Path cached) {
    try {
      String commit = Files.readString(cached.resolve("refs").resolve("main")).strip();
      return path(commit).map(cached.resolve("snapshots")::resolve);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<Path> path(String name) {
    try {
      return name.isBlank() ? Optional.empty() : Optional.of(Path.of(name));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }
}
