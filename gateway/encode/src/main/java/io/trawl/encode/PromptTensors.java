package io.trawl.encode;

import io.trawl.space.ItemEmbeddings;
import io.trawl.space.Space;
import io.trawl.workers.client.Tensor;
import io.trawl.workers.tensors.Datatype;
import io.vertx.core.buffer.Buffer;

/**
 * Prompts as the backbone's input tensors, batch of one: {@code token_ids} and {@code
 * attention_mask} INT64 [1, L], {@code item_embeddings} FP32 [1, L, E], which is zero but at item
 * positions. Safe for use by all threads.
 */
public final class PromptTensors {

  private final ItemEmbeddings embeddings;

  public PromptTensors(Space space) {
    this.embeddings = space.itemEmbeddings();
  }

  /** The three tensors of a prompt, in the order above. */
  public Tensor[] of(Prompt prompt) {
    var length = prompt.length();
    return new Tensor[] {
      Tensor.int64(BackboneContract.TOKEN_IDS, new long[] {1, length}, prompt.tokenIds()),
      Tensor.int64(BackboneContract.ATTENTION_MASK, new long[] {1, length}, prompt.attentionMask()),
      new Tensor(
          BackboneContract.ITEM_EMBEDDINGS,
          Datatype.FP32,
          new long[] {1, length, embeddings.width()},
          embeddings(prompt))
    };
  }

  private Buffer embeddings(Prompt prompt) {
    var rowBytes = embeddings.width() * Float.BYTES;
    var bytes = new byte[Math.multiplyExact(prompt.length(), rowBytes)];
    for (var i = 0; i < prompt.itemPositions().length; i++) {
      embeddings.copyRowBytes(
          prompt.itemOrdinals()[i], bytes, prompt.itemPositions()[i] * rowBytes);
    }
    return Buffer.buffer(bytes);
  }
}
