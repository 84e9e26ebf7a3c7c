/** From the rows of files to what a model of a task learns: one class for each task. */
@NullMarked
package org.peft4j.train.data.task;

import org.jspecify.annotations.NullMarked;
