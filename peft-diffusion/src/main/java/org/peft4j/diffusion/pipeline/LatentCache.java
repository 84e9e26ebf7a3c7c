package org.peft4j.diffusion.pipeline;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.diffusion.LatentDistribution;
import org.peft4j.diffusion.internal.config.ModelFolder;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.vision.Picture;

/**
 * Distributions of latents on disk, a safetensors file for each picture, so that the autoencoder
 * encodes each once. A file's name is the SHA-256 of all that its values follow from: the
 * autoencoder's files, how its weights are held, and the pixels of the picture as it was resized
 * and cropped. So latents of another model or size are never taken.
 */
final class LatentCache {
  private static final String FORMAT = "peft4j latents 1\n";
  private static final String MEAN = "mean";
  private static final String DEVIATION = "deviation";

  private final Path folder;
  private final byte[] model;
  private int found;
  private int encoded;

  /**
   * A cache in a folder, which is made when it is needed.
   *
   * @param autoencoder the autoencoder's folder
   * @param held how its weights are held, in words
   * @throws PeftException if a file cannot be read
   */
  LatentCache(Path folder, Path autoencoder, String held) {
    this.folder = folder;
    MessageDigest digest = sha();
    digest.update((FORMAT + held + "\n").getBytes(StandardCharsets.UTF_8));
    for (Path file : List.of(ModelFolder.config(autoencoder), ModelFolder.weights(autoencoder))) {
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      } catch (IOException e) {
        throw new PeftException("Cannot read " + file + ": " + e.getMessage() + ".", e);
      }
    }
    this.model = digest.digest();
  }

  private static MessageDigest sha() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every JDK has it.
    }
  }

  /** How many were there. */
  int found() {
    return found;
  }

  /** How many were encoded, and are there now. */
  int encoded() {
    return encoded;
  }

  /**
   * The distribution of a picture's latents.
   *
   * @param shape {@code [1, channels, height, width]} of the latents
   * @param encode what the autoencoder makes of it
   * @throws PeftException if its file is broken, or cannot be written
   */
  LatentDistribution of(Picture picture, long[] shape, Supplier<LatentDistribution> encode) {
    Path file = folder.resolve(key(picture) + ".safetensors");
    if (Files.exists(file)) {
      found++;
      return read(file, shape);
    }
    LatentDistribution made = encode.get();
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    tensors.put(MEAN, made.mean());
    tensors.put(DEVIATION, made.deviation());
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new PeftException("Cannot make " + folder + ": " + e.getMessage() + ".", e);
    }
    TensorFile.write(file, tensors, Map.of());
    encoded++;
    return made;
  }

  private String key(Picture picture) {
    MessageDigest digest = sha();
    digest.update(model);
    digest.update(
        ByteBuffer.allocate(3 * Integer.BYTES)
            .putInt(picture.width())
            .putInt(picture.height())
            .putInt(picture.channels())
            .flip());
    digest.update(picture.values());
    return HexFormat.of().formatHex(digest.digest());
  }

  private static LatentDistribution read(Path file, long[] shape) {
    try (TensorSource source = TensorSource.open(file)) {
      if (!source.tensors().keySet().equals(Set.of(MEAN, DEVIATION))) {
        throw broken(file, "holds " + source.tensors().keySet());
      }
      return new LatentDistribution(values(source, MEAN, shape), values(source, DEVIATION, shape));
    }
  }

  private static INDArray values(TensorSource source, String name, long[] shape) {
    TensorInfo info = source.tensor(name);
    List<Long> wanted = Arrays.stream(shape).boxed().toList();
    if (!info.shape().equals(wanted) || info.dtype() != DType.F32) {
      throw broken(
          source.path(), name + " is " + info.dtype() + " " + info.shape() + ", not F32 " + wanted);
    }
    INDArray values = Nd4j.create(DataType.FLOAT, shape);
    TensorFile.read(source, name, values);
    if (!Double.isFinite(values.sumNumber().doubleValue())) {
      throw broken(source.path(), name + " has values that are not finite");
    }
    return values;
  }

  private static PeftException broken(Path file, String what) {
    return new PeftException(
        file + " is no file of latents: " + what + ". Delete it; it is made anew.");
  }
}
