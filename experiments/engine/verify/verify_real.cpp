// Cases on real weights, which lie outside the case: texts tokenised here, then what the model makes of them.

#include "core/base/error.h"
#include "core/eval/generate.h"
#include "core/eval/perplexity.h"
#include "core/text/tokenizer.h"
#include "experiments/engine/verify/parity_case.h"
#include "experiments/engine/verify/verify_kinds.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

namespace diapason {
namespace {

using Ids = std::vector<std::int64_t>;

class RealCase {
public:
    RealCase(const ParityCase& parity, const std::string& device, VerifyReport& report)
        : m_case(parity),
          m_report(report),
          m_model(Model::load(parity.backbone, {parity.head, 0}, at::Device(device))),
          m_tokenizer(Tokenizer::load(parity.backbone)) {}

    void run() {
        const c10::NoGradGuard no_gradients;
        tokenise();
        if (m_case.head == HeadKind::causal_lm) {
            compare_logits();
            compare_likelihoods();
            compare_greedy();
        } else {
            compare_vectors();
        }
    }

private:
    // The ids that the case's columns hold must be the ones that its texts give here.
    void tokenise() {
        const at::Tensor ids = m_case.tensor("input_ids"), mask = m_case.tensor("attention_mask");
        const auto texts = m_case.document.at("texts").get<std::vector<std::string>>();
        std::size_t different = 0;
        for (std::int64_t b = 0; b < ids.size(0); ++b) {
            m_ids.emplace_back();
            for (std::int64_t t = 0; t < ids.size(1); ++t) {
                if (mask[b][t].item<std::int64_t>() != 0) m_ids.back().push_back(ids[b][t].item<std::int64_t>());
            }
            const auto row = static_cast<std::size_t>(b);
            if (row >= texts.size() || m_tokenizer->encode(texts[row]).ids != m_ids.back()) ++different;
        }
        m_report.check("input_ids", different == 0 && texts.size() == m_ids.size(),
                       std::to_string(different) + " of " + std::to_string(texts.size()) +
                           " texts have different tokens");
    }

    void compare(const std::string& what, const at::Tensor& got, const at::Tensor& want, const std::string& measure) {
        m_report.compare(what, got, want, m_case.tolerance(measure), m_case.floor(measure));
    }

    PackedInputs packed() const { return pack_inputs(m_case, m_model->config(), m_model->device(), false); }

    void compare_vectors() {
        const PackedInputs inputs = packed();
        const HiddenStates hidden = m_model->hidden(inputs.batch, ForwardState{});
        std::vector<at::Tensor> means;
        for (std::int64_t b = 0; b < inputs.batch.sequences(); ++b) {
            const auto row = static_cast<std::size_t>(b);
            means.push_back(hidden.last.slice(0, inputs.batch.offsets[row], inputs.batch.offsets[row + 1]).mean(0));
        }
        const at::Tensor mean = at::stack(means);
        compare("mean_pooled", mean, m_case.tensor("expected.mean_pooled"), "mean_pooled");
        compare("pooler_output", m_model->head().pooled(m_model->read_from(hidden, inputs.batch), {}),
                m_case.tensor("expected.pooler_output"), "pooler_output");
        const at::Tensor unit = mean / mean.norm(2, {1}, true);
        compare("cosine", unit.matmul(unit.t()), m_case.tensor("expected.cosine"), "cosine");
    }

    void compare_logits() {
        const PackedInputs inputs = packed();
        const at::Tensor positions = m_case.tensor("positions");
        const at::Tensor logits = m_model->logits(inputs.batch, ForwardState{}, Rows::all).cpu();
        std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> rows;
        for (std::size_t i = 0; i < inputs.places.size(); ++i)
            rows[inputs.places[i]] = static_cast<std::int64_t>(i);
        std::vector<at::Tensor> chosen;
        for (std::int64_t p = 0; p < positions.size(0); ++p) {
            const auto row = rows.find({positions[p][0].item<std::int64_t>(), positions[p][1].item<std::int64_t>()});
            if (row == rows.end()) {
                m_report.fail("topk.ids", "position " + std::to_string(p) + " is not a token");
                return;
            }
            chosen.push_back(logits[row->second]);
        }
        const at::Tensor own = at::stack(chosen);
        const at::Tensor want_ids = m_case.tensor("expected.topk.ids");
        const auto [values, ids] = own.topk(want_ids.size(1), 1);
        m_report.compare("topk.ids", ids, want_ids, 0);
        compare("topk.logits", own.gather(1, want_ids), m_case.tensor("expected.topk.logits"), "logits");
        compare("logsumexp", at::logsumexp(own, 1), m_case.tensor("expected.logsumexp"), "logits");
    }

    void compare_likelihoods() {
        const std::vector<TextLikelihood> texts = text_likelihoods(*m_model, m_ids);
        std::vector<double> nll;
        Ids tokens;
        for (const TextLikelihood& text : texts) {
            nll.push_back(text.nll);
            tokens.push_back(text.tokens);
        }
        compare("nll", at::tensor(nll, at::kDouble), m_case.tensor("expected.nll"), "nll");
        m_report.compare("tokens", at::tensor(tokens, at::kLong), m_case.tensor("tokens"), 0);
        const double wanted = m_case.document.at("perplexity").get<double>();
        m_report.compare("perplexity", at::tensor({perplexity(texts).value_or(0)}, at::kDouble),
                         at::tensor({wanted}, at::kDouble), m_case.tolerance("perplexity"), m_case.floor("perplexity"));
    }

    void compare_greedy() {
        std::size_t number = 0;
        for (const Json& item : m_case.document.at("greedy")) {
            const std::string what = "greedy." + std::to_string(number++);
            const auto prompt = item.at("prompt_ids").get<Ids>(), wanted = item.at("new_ids").get<Ids>();
            const Ids own = m_tokenizer->encode(item.at("prompt").get<std::string>()).ids;
            m_report.check(what + "/prompt_ids", own == prompt, Json(own).dump() + ", expected " + Json(prompt).dump());
            GenerateOptions options;
            options.max_new_tokens = static_cast<std::int64_t>(wanted.size());
            if (m_model->config().eos_id >= 0) options.end_ids = {m_model->config().eos_id};
            const Ids got = generate(*m_model, {prompt}, options).front().tokens;
            m_report.check(what + "/new_ids", got == wanted, Json(got).dump() + ", expected " + Json(wanted).dump());
            const std::string text = m_tokenizer->decode(got);
            m_report.check(what + "/text", text == item.at("text").get<std::string>(), "\"" + text + "\"");
        }
    }

    const ParityCase& m_case;
    VerifyReport& m_report;
    std::unique_ptr<Model> m_model;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    std::vector<Ids> m_ids;
};

} // namespace

void verify_real(const std::filesystem::path& folder, const std::filesystem::path& backbones, const std::string& device,
                 VerifyReport& report) {
    const ParityCase parity = read_parity_case(folder, backbones);
    try {
        RealCase(parity, device, report).run();
    } catch (const Json::exception& error) {
        throw input_error((folder / "case.json").string(),
                          std::string("is not a case on real weights: ") + error.what());
    }
}

} // namespace diapason
