package org.peft4j.internal.torch;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.peft4j.internal.Quoted.quoted;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.internal.torch.Value.Storage;

/**
 * The form since PyTorch 1.6: a ZIP archive, nothing compressed, with the pickle in {@code
 * name/data.pkl} and each storage in {@code name/data/key}.
 */
final class ZipContainer implements Container {
  private static final String PICKLE = "data.pkl";

  private final Path file;
  private final ZipDirectory directory;
  private final String folder;
  private final Value root;

  private ZipContainer(Path file, ZipDirectory directory, String folder, Value root) {
    this.file = file;
    this.directory = directory;
    this.folder = folder;
    this.root = root;
  }

  static ZipContainer read(Path file, FileChannel channel) throws IOException {
    ZipDirectory directory = ZipDirectory.read(file, channel);
    List<String> pickles =
        directory.names().stream()
            .filter(name -> name.endsWith("/" + PICKLE) || name.equals(PICKLE))
            .toList();
    if (pickles.size() != 1) {
      throw new PeftException(
          file
              + ": the archive holds "
              + pickles.size()
              + " files data.pkl; a file of torch.save holds one.");
    }
    String folder = pickles.get(0).substring(0, pickles.get(0).length() - PICKLE.length());
    requireLittleEndian(file, channel, directory, folder);
    byte[] pickle = directory.contents(channel, pickles.get(0), TorchFile.MAX_PICKLE);
    PickleBytes bytes = new PickleBytes(file, pickle);
    Value root = PickleMachine.run(bytes);
    if (bytes.position() < pickle.length) {
      throw bytes.problem("more bytes behind the end");
    }
    return new ZipContainer(file, directory, folder, root);
  }

  private static void requireLittleEndian(
      Path file, FileChannel channel, ZipDirectory directory, String folder) throws IOException {
    String name = folder + "byteorder";
    if (directory.names().contains(name)) {
      String order = new String(directory.contents(channel, name, 16), US_ASCII);
      if (!order.equals("little")) {
        throw new PeftException(
            file + ": the byte order is " + quoted(order) + "; allowed: little.");
      }
    }
  }

  @Override
  public Value root() {
    return root;
  }

  @Override
  public long start(Storage storage) {
    ZipDirectory.Entry entry = directory.entry(folder + "data/" + storage.key());
    if (storage.elements() > entry.size() / storage.type().bytes()) {
      throw new PeftException(
          file
              + ": "
              + entry.name()
              + " has "
              + entry.size()
              + " bytes; "
              + storage.elements()
              + " elements of "
              + storage.type()
              + " need more. The file is broken.");
    }
    return entry.start();
  }
}
