package org.peft4j.cli.picture;

import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.train.data.picture.BrokenPictures;
import org.peft4j.train.data.table.Columns;
import org.peft4j.train.data.task.PictureFiles;
import org.peft4j.vision.ImageProcessor;
import picocli.CommandLine.Option;

/** How commands read pictures. */
public final class PictureOptions {
  @Option(
      names = "--broken-pictures",
      paramLabel = "refuse|skip",
      description =
          "What becomes of files that are no JPEG or PNG that can be read: the first ends the"
              + " command, or all are left out, each with a warning (default: refuse).")
  public Optional<BrokenPictures> broken = Optional.empty();

  /** What becomes of files that cannot be read. */
  public BrokenPictures broken() {
    return broken.orElse(BrokenPictures.REFUSE);
  }

  /** What reads the pictures of a model, prepared as its folder says. */
  public PictureFiles files(Path model, Columns columns) {
    return new PictureFiles(ImageProcessor.read(model), columns, broken());
  }
}
