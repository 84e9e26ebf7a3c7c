package org.peft4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;

/**
 * What models get equals what transformers' image processors give them; wrong files are refused.
 */
class ImageProcessorTest {
  private static final Path PROCESSORS = Golden.FOLDER.resolve("processors");
  private static final PictureReader READER = new PictureReader();

  static Stream<Arguments> cases() throws IOException {
    try (Stream<Path> folders = Files.list(PROCESSORS)) {
      return folders.sorted().toList().stream()
          .flatMap(
              folder ->
                  Golden.names(folder.resolve("pixel_values.safetensors")).stream()
                      .map(name -> Arguments.of(String.valueOf(folder.getFileName()), name)));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void pixelValuesEqualTheReferenceWithinOneLevel(String processor, String name) {
    Path folder = PROCESSORS.resolve(processor);
    Path expected = folder.resolve("pixel_values.safetensors");
    ImageProcessor read = ImageProcessor.read(folder);
    Picture picture = READER.read(Golden.FILES.resolve(name));

    INDArray values = read.pixelValues(List.of(picture));

    assertThat(LongStream.of(values.shape()).boxed().toList())
        .isEqualTo(Golden.shape(expected, name));
    FloatBuffer reference = Golden.bytes(expected, name).asFloatBuffer();
    float[] flat = values.dup().reshape(-1).toFloatVector();
    int each = flat.length / 3;
    double largest = 0;
    for (int i = 0; i < flat.length; i++) {
      double level =
          read.rescale().orElse(1)
              / read.normalization().map(n -> n.std()).orElse(List.of(1.0, 1.0, 1.0)).get(i / each);
      largest = Math.max(largest, Math.abs(flat[i] - reference.get(i)) / level);
    }
    assertThat(largest).isLessThan(name.endsWith("png") ? 1e-3 : 1 + 1e-3);
  }

  @Test
  void theGuidePreparesAPicture() {
    Path model = PROCESSORS.resolve("vit");
    Path file = Golden.FILES.resolve("turned_6.jpg");
    ImageProcessor processor = ImageProcessor.read(model);
    Picture picture = new PictureReader().read(file);
    INDArray pixelValues = processor.pixelValues(List.of(picture)); // [1, 3, height, width]
    assertThat(pixelValues.shape()).containsExactly(1, 3, 18, 20);
  }

  @Test
  void aBatchHasItsPicturesInOrder() {
    ImageProcessor processor = ImageProcessor.read(PROCESSORS.resolve("clip"));
    List<Picture> pictures =
        Stream.of("color.png", "tall.png")
            .map(name -> READER.read(Golden.FILES.resolve(name)))
            .toList();
    INDArray both = processor.pixelValues(pictures);
    assertThat(both.shape()).containsExactly(2, 3, 13, 14);
    for (int i = 0; i < 2; i++) {
      INDArray one = processor.pixelValues(List.of(pictures.get(i)));
      assertThat(both.slice(i).toStringFull()).isEqualTo(one.slice(0).toStringFull());
    }
  }

  @Test
  void picturesOfDifferentSizesAreNoBatch() {
    ImageProcessor processor = ImageProcessor.read(PROCESSORS.resolve("edges"));
    List<Picture> pictures =
        Stream.of("color.png", "tall.png")
            .map(name -> READER.read(Golden.FILES.resolve(name)))
            .toList();
    assertThatThrownBy(() -> processor.pixelValues(pictures))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("have the sizes 12 × 15, 19 × 6 (height × width)");
  }

  @Test
  void aMeanOfOneChannelMakesPicturesGrey(@TempDir Path folder) throws IOException {
    write(
        folder,
        "{'image_processor_type': 'ViTImageProcessor', 'do_resize': false, 'image_mean': [0.25],"
            + " 'image_std': [2]}");
    ImageProcessor processor = ImageProcessor.read(folder);
    Picture picture = Picture.of(2, 1, 3, new byte[] {10, 20, 30, (byte) 200, 100, 50});
    INDArray values = processor.pixelValues(List.of(picture));
    assertThat(values.shape()).containsExactly(1, 1, 1, 2);
    // 0.299·10 + 0.587·20 + 0.114·30 = 18.15, and 0.299·200 + 0.587·100 + 0.114·50 = 124.2.
    assertThat(values.getDouble(0)).isCloseTo((18 / 255.0 - 0.25) / 2, offset());
    assertThat(values.getDouble(1)).isCloseTo((124 / 255.0 - 0.25) / 2, offset());
  }

  private static org.assertj.core.data.Offset<Double> offset() {
    return org.assertj.core.data.Offset.offset(1e-6);
  }

  @Test
  void theModelsTypeSaysWhichProcessorAFileWithoutOneIs(@TempDir Path folder) throws IOException {
    write(folder, "{'size': 12}");
    assertThatThrownBy(() -> ImageProcessor.read(folder))
        .hasMessageContaining("names no image_processor_type, and the model_type \"\"");
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"clip\"}");
    ImageProcessor clip = ImageProcessor.read(folder);
    assertThat(clip.resize()).contains(new ResizeRule.ShortestEdge(12));
    assertThat(clip.crop()).contains(new PictureSize(224, 224));
    assertThat(clip.resampling()).isEqualTo(Resampling.BICUBIC);
  }

  @Test
  void aFolderWithoutAFileIsRefused(@TempDir Path folder) {
    assertThatThrownBy(() -> ImageProcessor.read(folder))
        .hasMessageContaining("has no preprocessor_config.json");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'do_resiz': true| The field \"do_resiz\" is unknown. Nearest: \"do_resize\"",
        "'resample': 7| resample is 7; allowed: 0 (nearest)",
        "'resample': \"bicubic\"| resample is \"bicubic\"; allowed: 0 (nearest)",
        "'size': {'height': 3}| size is {\"height\":3}; allowed: a number of pixels from 1 to 8192",
        "'size': 100000| size is 100000; allowed: a number",
        "'size': {'longest_edge': 30}| size is {\"longest_edge\":30}; allowed",
        "'do_center_crop': true| crop_size is missing; allowed",
        "'do_pad': true| do_pad is true; allowed: false; nothing else is supported.",
        "'do_normalize': 1| do_normalize is 1; allowed: true or false.",
        "'image_std': [1, 0, 1]| image_std [1.0, 0.0, 1.0]; allowed: finite numbers",
        "'image_mean': [1, 2]| allowed: 3 numbers each, or 1 each for grey pictures.",
        "'rescale_factor': 'x'| rescale_factor is \"x\"; allowed: a number.",
        "'data_format': 'channels_last'| data_format is \"channels_last\"; allowed: channels_first.",
      })
  void wrongFieldsAreNamed(String field, String message, @TempDir Path folder) throws IOException {
    write(folder, "{'image_processor_type': 'ViTImageProcessor', " + field + "}");
    assertThatThrownBy(() -> ImageProcessor.read(folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("preprocessor_config.json describes no supported image processor")
        .hasMessageContaining(message.strip());
  }

  @Test
  void otherProcessorsAreRefusedByName(@TempDir Path folder) throws IOException {
    write(folder, "{'image_processor_type': 'DetrImageProcessor'}");
    assertThatThrownBy(() -> ImageProcessor.read(folder))
        .hasMessageContaining(
            "is of the kind \"DetrImageProcessor\"; supported: ViTImageProcessor,");
  }

  private static void write(Path folder, String json) throws IOException {
    Files.writeString(folder.resolve("preprocessor_config.json"), json.replace('\'', '"'));
  }
}
