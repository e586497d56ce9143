#include "experiments/engine/verify/verify_ensemble.h"

#include "core/base/error.h"
#include "core/eval/vote.h"
#include "core/model/model.h"
#include "methods/interchange/delta_folder/delta_folder.h"

#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>

namespace diapason {
namespace {

// Every text with the start token alone in front of the decoder: its first step scores the verbalizers.
PackedBatch first_steps(const ParityCase& parity, const BackboneConfig& config, at::Device device) {
    const at::Tensor ids = parity.tensor("input_ids"), mask = parity.tensor("attention_mask");
    std::vector<Sequence> sequences;
    for (std::int64_t b = 0; b < ids.size(0); ++b) {
        Sequence sequence;
        for (std::int64_t t = 0; t < ids.size(1); ++t) {
            if (mask[b][t].item<std::int64_t>() != 0) sequence.ids.push_back(ids[b][t].item<std::int64_t>());
        }
        sequence.target_ids = {config.decoder_start_id};
        sequences.push_back(std::move(sequence));
    }
    return PackedBatch::pack(sequences, device);
}

} // namespace

void verify_ensemble(const ParityCase& parity, at::Device device, VerifyReport& report) {
    const c10::NoGradGuard guard;
    const auto model = Model::load(parity.backbone, {parity.head, 0}, device);
    if (parity.head != HeadKind::seq2seq_lm)
        throw input_error((parity.folder / "case.json").string(),
                          "unsupported: a prompt ensemble needs the head seq2seq_lm");
    const PackedBatch batch = first_steps(parity, model->config(), device);
    const at::Tensor words = parity.tensor("verbalizer_ids").to(device);
    std::vector<at::Tensor> members;
    for (auto& prompt :
         read_prompt_ensemble(parity.folder / parity.document.at("adapter").value("path", "delta"), *model)) {
        model->set_prompt(std::move(prompt));
        members.push_back(model->logits(batch, {}, Rows::all).index_select(1, words));
    }
    const at::Tensor logits = at::stack(members);
    const EnsembleVote vote = vote_of(logits);
    const std::pair<const char*, at::Tensor> values[] = {
        {"member_logits", logits}, {"member_pred", vote.member_pred}, {"vote_counts", vote.vote_counts},
        {"vote", vote.vote},       {"mean_prob", vote.mean_prob},     {"mean_pred", vote.mean_pred}};
    for (const auto& [name, value] : values) {
        const std::string expected = std::string("expected.") + name;
        if (!parity.has(expected)) continue;
        const bool exact = !value.is_floating_point();
        report.compare(name, value.to(at::kFloat), parity.tensor(expected).to(at::kFloat),
                       exact ? 0 : parity.tolerance(name), parity.floor(name));
    }
}

} // namespace diapason
