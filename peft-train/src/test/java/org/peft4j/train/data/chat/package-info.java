@NullMarked
package org.peft4j.train.data.chat;

import org.jspecify.annotations.NullMarked;
