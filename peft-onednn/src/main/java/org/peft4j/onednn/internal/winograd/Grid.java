package org.peft4j.onednn.internal.winograd;

import org.peft4j.kernel.Convolution;

/**
 * The tiles of pictures, of which each begins with a new row of tiles.
 *
 * @param top rows of zeros above a picture
 * @param left columns of zeros before it
 */
record Grid(
    Tile tile,
    int pictures,
    int height,
    int width,
    int top,
    int left,
    int resultHeight,
    int resultWidth) {

  /** Of a convolution with three by three taps and a stride of one. */
  static Grid of(Tile tile, Convolution shape, long pictures) {
    return new Grid(
        tile,
        (int) pictures,
        (int) shape.height(),
        (int) shape.width(),
        shape.window().top(),
        shape.window().left(),
        (int) shape.outputHeight(),
        (int) shape.outputWidth());
  }

  /** Of the gradient of its input: the same with what is behind the taps exchanged with before. */
  Grid back() {
    return new Grid(tile, pictures, resultHeight, resultWidth, 2 - top, 2 - left, height, width);
  }

  /** Rows of tiles in a picture. */
  int rowsOfPicture() {
    return (resultHeight + tile.results() - 1) / tile.results();
  }

  /** Tiles in a row. */
  int columns() {
    return (resultWidth + tile.results() - 1) / tile.results();
  }

  /** Rows of tiles in all pictures. */
  int rows() {
    return pictures * rowsOfPicture();
  }

  /** Tiles in all pictures. */
  int tiles() {
    return rows() * columns();
  }
}
