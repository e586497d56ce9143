// Cases of the kind generate: tokens must be equal, scores within their tolerance.

#include "core/base/error.h"
#include "core/eval/generate.h"
#include "experiments/engine/verify/parity_case.h"
#include "experiments/engine/verify/verify_kinds.h"

#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

namespace diapason {
namespace {

GenerateOptions options_of(const Json& params, const std::string& origin) {
    GenerateOptions options;
    const auto integer = [&](const char* name, std::int64_t fallback) {
        if (!params.contains(name) || params.at(name).is_null()) return fallback;
        if (!params.at(name).is_number_integer())
            throw input_error(origin, std::string(name) + " is not a whole number");
        return params.at(name).get<std::int64_t>();
    };
    options.beams = integer("num_beams", 1);
    options.max_new_tokens = integer("max_new_tokens", 20);
    options.min_new_tokens = integer("min_new_tokens", 0);
    options.no_repeat_ngram = integer("no_repeat_ngram_size", 0);
    options.returned = integer("num_return_sequences", 1);
    options.decoder_start_id = integer("decoder_start_token_id", -1);
    options.length_penalty = params.value("length_penalty", 1.0);
    if (params.contains("eos_token_id") && !params.at("eos_token_id").is_null()) {
        const Json& ids = params.at("eos_token_id");
        options.end_ids = ids.is_array() ? ids.get<std::vector<std::int64_t>>() : std::vector{ids.get<std::int64_t>()};
    }
    const Json stopping = params.value("early_stopping", Json(false));
    if (stopping == "never")
        options.early_stopping = EarlyStopping::never;
    else if (stopping.is_boolean())
        options.early_stopping = stopping.get<bool>() ? EarlyStopping::full : EarlyStopping::heuristic;
    else
        throw input_error(origin, "early_stopping must be true, false or \"never\"");
    return options;
}

} // namespace

void verify_generate(const std::filesystem::path& folder, const std::string& device, VerifyReport& report) {
    const ParityCase parity = read_parity_case(folder);
    const std::string origin = (folder / "case.json").string();
    const auto model = Model::load(parity.backbone, {parity.head, 0}, at::Device(device));
    if (!parity.document.contains("variants")) throw input_error(origin, "variants is missing");
    for (const Json& variant : parity.document.at("variants")) {
        const auto id = variant.at("id").get<std::string>();
        const Json& params = variant.at("params");
        GenerateOptions options = options_of(params, origin);
        if (options.decoder_start_id < 0) options.decoder_start_id = model->config().decoder_start_id;
        const at::Tensor ids = parity.tensor(id + ".input_ids");
        const at::Tensor mask = parity.tensor(id + ".attention_mask");
        std::vector<std::vector<std::int64_t>> inputs;
        for (std::int64_t b = 0; b < ids.size(0); ++b) {
            inputs.emplace_back();
            for (std::int64_t t = 0; t < ids.size(1); ++t) {
                if (mask[b][t].item<std::int64_t>() != 0) inputs.back().push_back(ids[b][t].item<std::int64_t>());
            }
        }
        const std::vector<Generated> results = generate(*model, inputs, options);
        std::size_t longest = 0;
        std::vector<double> scores;
        for (const Generated& result : results) {
            longest = std::max(longest, result.tokens.size());
            scores.push_back(result.score);
        }
        // The reference fills up with the padding token, but a beam search takes that only when its id is not 0.
        std::int64_t filler = params.value("pad_token_id", std::int64_t{0});
        if (filler == 0 && options.beams > 1 && !options.end_ids.empty()) filler = options.end_ids.front();
        const at::Tensor got = at::full({static_cast<std::int64_t>(results.size()), static_cast<std::int64_t>(longest)},
                                        filler, at::kLong);
        for (std::size_t r = 0; r < results.size(); ++r) {
            for (std::size_t t = 0; t < results[r].tokens.size(); ++t)
                got[static_cast<std::int64_t>(r)][static_cast<std::int64_t>(t)] = results[r].tokens[t];
        }
        report.compare(id + "/tokens", got, parity.tensor(id + ".expected.tokens"), 0);
        report.compare(id + "/scores", at::tensor(scores, at::kDouble), parity.tensor(id + ".expected.scores"),
                       parity.tolerance("scores"));
    }
}

} // namespace diapason
