package org.peft4j.train.data.picture;

import java.nio.file.Path;

/**
 * A picture with its label.
 *
 * @param row the number of its row in the data, from 0
 * @param file the picture
 * @param label what a model should say of it
 */
public record PictureExample(int row, Path file, LabelValue label) {}
