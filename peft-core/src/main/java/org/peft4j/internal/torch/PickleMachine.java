package org.peft4j.internal.torch;

import static org.peft4j.internal.Quoted.quoted;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.internal.torch.Value.Constant;
import org.peft4j.internal.torch.Value.Global;
import org.peft4j.internal.torch.Value.Items;
import org.peft4j.internal.torch.Value.Table;
import org.peft4j.internal.torch.Value.Text;
import org.peft4j.internal.torch.Value.Tuple;
import org.peft4j.internal.torch.Value.Whole;

/**
 * The machine that runs a pickle: a stack, a memo, and the instructions of protocol 2 that {@code
 * torch.save} writes for a state dict. Values are data; no instruction calls anything but {@link
 * Rebuilding}.
 */
final class PickleMachine {
  /** Deep enough for a batch of 1,000 entries in a nested dictionary. */
  private static final int MAX_DEPTH = 100_000;

  private final PickleBytes bytes;
  private final Rebuilding rebuilding;
  private final List<Value> stack = new ArrayList<>();
  private final Map<Integer, Value> memo = new HashMap<>();

  private PickleMachine(PickleBytes bytes) {
    this.bytes = bytes;
    this.rebuilding = new Rebuilding(bytes);
  }

  /** Runs the next pickle to its end; what it left on the stack. */
  static Value run(PickleBytes bytes) {
    return new PickleMachine(bytes).run();
  }

  private Value run() {
    while (true) {
      int instruction = bytes.next();
      if (instruction == '.') {
        Value result = pop();
        if (!stack.isEmpty()) {
          throw bytes.problem("the end, with " + stack.size() + " values left over");
        }
        return result;
      }
      execute(instruction);
    }
  }

  private void execute(int instruction) {
    switch (instruction) {
      case 0x80 -> protocol();
      case '(' -> push(Constant.MARK);
      case 'N' -> push(Constant.NONE);
      case 0x88 -> push(Constant.TRUE);
      case 0x89 -> push(Constant.FALSE);
      case 'K' -> push(whole(bytes.next()));
      case 'M' -> push(whole(bytes.nextShort()));
      case 'J' -> push(whole(bytes.nextInt()));
      case 0x8a -> push(new Whole(bytes.nextNumber(bytes.next())));
      case 'X' -> push(new Text(bytes.nextText(bytes.nextInt())));
      case 'c' -> push(global());
      case ')' -> push(new Tuple(List.of()));
      case ']' -> push(new Items());
      case '}' -> push(new Table());
      case 't' -> push(new Tuple(popToMark()));
      case 0x85 -> push(new Tuple(popLast(1)));
      case 0x86 -> push(new Tuple(popLast(2)));
      case 0x87 -> push(new Tuple(popLast(3)));
      case 'q' -> memo.put(bytes.next(), top());
      case 'r' -> memo.put(bytes.nextInt(), top());
      case 'h' -> push(remembered(bytes.next()));
      case 'j' -> push(remembered(bytes.nextInt()));
      case 'a' -> append(popLast(1));
      case 'e' -> append(popToMark());
      case 's' -> set(popLast(2));
      case 'u' -> set(popToMark());
      case 'Q' -> push(rebuilding.storage(pop()));
      case 'R' -> reduce();
      case 'b' -> build();
      default ->
          throw bytes.problem(
              "the instruction 0x%02x, which no state dict needs".formatted(instruction));
    }
  }

  private void protocol() {
    int version = bytes.next();
    if (version != 2) {
      throw bytes.problem("protocol " + version + "; allowed: 2");
    }
  }

  private Global global() {
    String module = bytes.nextLine();
    String name = bytes.nextLine();
    return KnownName.of(module, name)
        .map(Global::new)
        .orElseThrow(
            () -> bytes.problem("the name " + module + "." + name + ", which no state dict needs"));
  }

  private static Whole whole(int value) {
    return new Whole(BigInteger.valueOf(value));
  }

  private void reduce() {
    List<Value> call = popLast(2);
    if (call.get(0) instanceof Global function && call.get(1) instanceof Tuple arguments) {
      push(rebuilding.call(function.name(), arguments.items()));
    } else {
      throw bytes.problem("a call of " + call.get(0).description());
    }
  }

  /**
   * The state of an object: only ordered dictionaries have one, which tells versions of modules.
   */
  private void build() {
    pop();
    if (!(top() instanceof Table)) {
      throw bytes.problem("a state of " + top().description());
    }
  }

  private void append(List<Value> values) {
    if (!(top() instanceof Items list)) {
      throw bytes.problem("items of " + top().description());
    }
    list.items().addAll(values);
  }

  private void set(List<Value> entries) {
    if (!(top() instanceof Table table)) {
      throw bytes.problem("entries of " + top().description());
    }
    if (entries.size() % 2 != 0) {
      throw bytes.problem("a key without a value");
    }
    for (int i = 0; i < entries.size(); i += 2) {
      if (!(entries.get(i) instanceof Text key)) {
        throw bytes.problem("a key that is " + entries.get(i).description() + ", not a text");
      }
      if (table.entries().put(key.value(), entries.get(i + 1)) != null) {
        throw bytes.problem("the key " + quoted(key.value()) + " a second time");
      }
    }
  }

  private Value remembered(int number) {
    Value value = memo.get(number);
    if (value == null) {
      throw bytes.problem("a reference to value " + number + ", which is not there");
    }
    return value;
  }

  private void push(Value value) {
    if (stack.size() == MAX_DEPTH) {
      throw bytes.problem("more than " + MAX_DEPTH + " values on the stack");
    }
    stack.add(value);
  }

  private Value top() {
    if (stack.isEmpty() || stack.get(stack.size() - 1) == Constant.MARK) {
      throw bytes.problem("an instruction without its value");
    }
    return stack.get(stack.size() - 1);
  }

  private Value pop() {
    Value value = top();
    stack.remove(stack.size() - 1);
    return value;
  }

  private List<Value> popLast(int count) {
    int from = stack.size() - count;
    if (from < 0 || stack.subList(from, stack.size()).contains(Constant.MARK)) {
      throw bytes.problem("an instruction without its values");
    }
    return cut(from);
  }

  private List<Value> popToMark() {
    int mark = stack.lastIndexOf(Constant.MARK);
    if (mark < 0) {
      throw bytes.problem("an instruction without its mark");
    }
    List<Value> values = cut(mark + 1);
    stack.remove(mark);
    return values;
  }

  private List<Value> cut(int from) {
    List<Value> tail = stack.subList(from, stack.size());
    List<Value> values = List.copyOf(tail);
    tail.clear();
    return values;
  }
}
