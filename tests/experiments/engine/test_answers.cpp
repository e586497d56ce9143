// Every kind of task on every family: its loss and its answers against what single sequences give, by hand.

#include "core/eval/candidates.h"
#include "experiments/engine/asking.h"
#include "experiments/engine/evaluation.h"
#include "tests/support/own_tasks.h"
#include "tests/support/tiny_backbone.h"
#include "tests/support/tiny_models.h"

#include <ATen/ops/log_softmax.h>
#include <ATen/ops/sigmoid.h>
#include <c10/core/GradMode.h>

#include <cmath>

using namespace diapason;
using namespace diapason::testing;

namespace {

/// Rows of letters, each letter a token.
struct Scene {
    TemporaryFolder folder;
    Task task;
    std::shared_ptr<TaskData> data;
    std::unique_ptr<Model> model;

    Scene(const QString& family, HeadKind head, LabelForm form, const std::string& kind, const std::vector<Json>& rows,
          const Json& changes = Json::object()) {
        std::string lines;
        for (const Json& row : rows)
            lines += row.dump() + "\n";
        task = task_of_rows(folder.path(), kind, {{"train", lines}, {"validation", lines}, {"test", lines}}, changes);
        model = tiny_model(family.toStdString(), {head, task.kind->outputs(task), form});
        const bool in_words = task.kind->head(false).empty() || head == HeadKind::causal_lm;
        TaskEnds ends = task_ends(task, model->config(), in_words);
        data = std::make_shared<TaskData>(task, Tokenizer::load(tiny_backbone(folder / "backbone")), ends, in_words);
    }
    Evaluation evaluated(Asking* asking = nullptr, FrozenStates* frozen = nullptr) {
        EvaluationRequest request;
        request.split = "test";
        request.frozen = frozen;
        request.predictions = true;
        request.asking = asking;
        return evaluate(*model, *data, request);
    }
    /// The outputs of each part of an item, computed alone. @return [rows, outputs] of each
    std::vector<at::Tensor> outputs(std::size_t item, Rows rows = Rows::all) {
        const c10::NoGradGuard guard;
        std::vector<at::Tensor> list;
        for (Sequence& sequence : data->training_sequences("test", item)) {
            sequence.follows = false;
            list.push_back(model->logits(PackedBatch::pack({&sequence, 1}, at::kCPU), {}, rows));
        }
        return list;
    }
    const EncodedItem& encoded(std::size_t item) { return data->encoded("test", item); }
};

double entry(const at::Tensor& tensor, std::int64_t row, std::int64_t column = 0) {
    return tensor[row][column].item<double>();
}

void compare(double got, double expected, const char* what) {
    QVERIFY2(std::abs(got - expected) < 1e-4 * std::max(1.0, std::abs(expected)),
             (std::string(what) + ": " + std::to_string(got) + ", expected " + std::to_string(expected)).c_str());
}

void add_families(std::initializer_list<const char*> families) {
    QTest::addColumn<QString>("family");
    for (const char* family : families)
        QTest::addRow("%s", family) << QString(QLatin1String(family));
}

HeadKind language_head(const QString& family) {
    return family == QLatin1String("bert") || family == QLatin1String("roberta") ? HeadKind::masked_lm
           : family == QLatin1String("t5") || family == QLatin1String("bart")    ? HeadKind::seq2seq_lm
                                                                                 : HeadKind::causal_lm;
}

} // namespace

class TestAnswers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void numbers_data() { add_families({"bert", "roberta", "gpt2", "llama"}); }
    void numbers() {
        QFETCH(QString, family);
        Scene scene(
            family, HeadKind::sequence_classification, LabelForm::numbers, "regression",
            {{{"text", "a b"}, {"number", 1.5}}, {{"text", "c"}, {"number", -2}}, {{"text", "d e f"}, {"number", 0}}});
        const Evaluation result = scene.evaluated();
        double sum = 0;
        const double expected[] = {1.5, -2, 0};
        for (std::size_t i = 0; i < 3; ++i) {
            const double got = entry(scene.outputs(i).front(), 0);
            sum += (got - expected[i]) * (got - expected[i]);
            compare(std::stod(result.predictions[i].predicted), got, "predicted");
            compare(std::stod(result.predictions[i].expected), expected[i], "expected");
        }
        compare(result.loss, sum / 3, "loss");
        compare(result.metrics.at("mean_squared_error"), sum / 3, "mean squared error");
    }

    void severalLabels_data() { add_families({"bert", "roberta", "gpt2", "llama"}); }
    void severalLabels() {
        QFETCH(QString, family);
        Scene scene(family, HeadKind::sequence_classification, LabelForm::several, "multi_label",
                    {{{"text", "a b"}, {"labels", {"x", "z"}}}, {{"text", "c"}, {"labels", Json::array()}}},
                    {{"labels", {"x", "y", "z"}}});
        const Evaluation result = scene.evaluated();
        const bool right[2][3] = {{true, false, true}, {false, false, false}};
        double sum = 0, matches = 0;
        for (std::size_t i = 0; i < 2; ++i) {
            const at::Tensor logits = scene.outputs(i).front();
            std::string names;
            bool match = true;
            for (int label = 0; label < 3; ++label) {
                const double p = 1 / (1 + std::exp(-entry(logits, 0, label)));
                sum -= std::log(right[i][label] ? p : 1 - p);
                if (p > 0.5) names += std::string(names.empty() ? "" : " | ") + "xyz"[label];
                match = match && (p > 0.5) == right[i][label];
            }
            matches += match ? 1 : 0;
            QCOMPARE(result.predictions[i].predicted, names);
        }
        compare(result.loss, sum / 6, "loss");
        compare(result.metrics.at("set_match"), matches / 2, "exact set match");
        QCOMPARE(result.predictions[0].expected, std::string("x | z"));
    }

    void choiceByAHead_data() { add_families({"bert", "roberta", "gpt2", "llama"}); }
    void choiceByAHead() {
        QFETCH(QString, family);
        Scene scene(family, HeadKind::sequence_classification, LabelForm::choice, "multiple_choice",
                    {{{"text", "a b"}, {"options", {"c", "d e", "f"}}, {"label", "C"}},
                     {{"text", "g"}, {"options", {"h", "i"}}, {"label", 0}}});
        const Evaluation result = scene.evaluated();
        double sum = 0, right = 0;
        const std::size_t labels[] = {2, 0};
        for (std::size_t i = 0; i < 2; ++i) {
            const auto parts = scene.outputs(i);
            QCOMPARE(parts.size(), std::size_t(i == 0 ? 3 : 2));
            double all = 0;
            std::size_t best = 0;
            for (std::size_t k = 0; k < parts.size(); ++k) {
                all += std::exp(entry(parts[k], 0));
                if (entry(parts[k], 0) > entry(parts[best], 0)) best = k;
            }
            sum += std::log(all) - entry(parts[labels[i]], 0);
            right += best == labels[i] ? 1 : 0;
            const Example example = scene.data->split("test").examples[i];
            QCOMPARE(result.predictions[i].predicted, example.options[best]);
            QCOMPARE(result.predictions[i].expected, example.options[labels[i]]);
        }
        compare(result.loss, sum / 2, "loss");
        compare(result.metrics.at("accuracy"), right / 2, "accuracy");
    }

    // Options differ in number and length from item to item.
    void choiceInWords_data() { add_families({"bert", "roberta", "gpt2", "llama", "t5", "bart"}); }
    void choiceInWords() {
        QFETCH(QString, family);
        Scene scene(family, language_head(family), LabelForm::one_class, "multiple_choice",
                    {{{"text", "a b"}, {"options", {"c", "d e", "f"}}, {"label", "C"}},
                     {{"text", "g"}, {"options", {"h", "i k"}}, {"label", 0}}});
        Asking asking(*scene.data, *scene.model, {}, 1, 0);
        const Evaluation result = scene.evaluated(&asking);
        const c10::NoGradGuard guard;
        double sum = 0, tokens = 0;
        const std::size_t labels[] = {2, 0};
        for (std::size_t i = 0; i < 2; ++i) {
            const Example example = scene.data->split("test").examples[i];
            std::vector<double> scores;
            for (std::size_t k = 0; k < example.options.size(); ++k) {
                // The same question with each option as its right answer: its training loss is −log p of the option.
                Scene alone(family, language_head(family), LabelForm::one_class, "multiple_choice",
                            {{{"text", example.text}, {"options", example.options}, {"label", k}}});
                Asking asked(*alone.data, *alone.model, {}, 1, 0);
                const Sequence sequence = asked.training_sequence("test", 0);
                const PackedBatch batch = PackedBatch::pack({&sequence, 1}, at::kCPU);
                const LossTerms terms = alone.model->loss(alone.model->logits(batch, {}), batch);
                scores.push_back(-terms.sum.item<double>());
                if (k == labels[i]) {
                    sum += terms.sum.item<double>();
                    tokens += static_cast<double>(terms.count);
                }
            }
            const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
            QCOMPARE(result.predictions[i].predicted, example.options[static_cast<std::size_t>(best)]);
        }
        compare(result.loss, sum / tokens, "loss");
    }

    void tags_data() { add_families({"bert", "roberta", "gpt2", "llama"}); }
    void tags() {
        QFETCH(QString, family);
        Scene scene(family, HeadKind::token_classification, LabelForm::one_class, "tagging",
                    {{{"words", {"a", "b", "cde"}}, {"tags", {"O", "B-X", "I-X"}}},
                     {{"words", {"f", "g", "h", "i", "k", "l"}}, {"tags", {"O", "O", "O", "O", "B-X", "O"}}}},
                    {{"labels", {"O", "B-X", "I-X"}}, {"max_tokens", 6}, {"metrics", {"tag_accuracy", "span_f1"}}});
        const Evaluation result = scene.evaluated();
        const std::vector<std::vector<std::int64_t>> right = {{0, 1, 2}, {0, 0, 0, 0}}; // the second is cut
        const char* names[] = {"O", "B-X", "I-X"};
        double sum = 0, count = 0, hits = 0;
        for (std::size_t i = 0; i < 2; ++i) {
            const at::Tensor logits = scene.outputs(i, Rows::labelled).front();
            QCOMPARE(logits.size(0), std::ssize(right[i]));
            const at::Tensor log = at::log_softmax(logits, -1);
            std::string expected;
            for (std::size_t w = 0; w < right[i].size(); ++w) {
                sum -= log[static_cast<std::int64_t>(w)][right[i][w]].item<double>();
                const auto best = log[static_cast<std::int64_t>(w)].argmax().item<std::int64_t>();
                hits += best == right[i][w] ? 1 : 0;
                expected += std::string(expected.empty() ? "" : " ") + names[best];
                ++count;
            }
            if (i == 1) expected += " O O";
            QCOMPARE(result.predictions[i].predicted, expected);
        }
        compare(result.loss, sum / count, "loss");
        compare(result.metrics.at("tag_accuracy"), (hits + 1) / 9, "tag accuracy"); // of the two cut words one is O
        QCOMPARE(result.predictions[1].expected, std::string("O O O O B-X O"));
    }

    void spans_data() { add_families({"bert", "roberta", "gpt2", "llama"}); }
    void spans() {
        QFETCH(QString, family);
        const std::string text = "c d e f g h i k l m n o p q r s t u v w";
        Scene scene(family, HeadKind::extractive_span, LabelForm::one_class, "span",
                    {{{"text", text}, {"pair", "a b"}, {"answers", {"q r"}}},
                     {{"text", "x y z"}, {"pair", "a"}, {"answers", Json::array()}}},
                    {{"max_tokens", 16}, {"settings", {{"no_answer", true}, {"overlap", 4}, {"longest_answer", 3}}}});
        const Evaluation result = scene.evaluated();
        double sum = 0, windows = 0;
        for (std::size_t i = 0; i < 2; ++i) {
            const Example example = scene.data->split("test").examples[i];
            const auto parts = scene.outputs(i);
            QVERIFY(parts.size() == scene.encoded(i).size() && (i == 1 || parts.size() > 1));
            double best = -1e9, none = 1e9;
            std::string answer;
            for (std::size_t w = 0; w < parts.size(); ++w) {
                const EncodedExample& window = scene.encoded(i)[w];
                const at::Tensor log = at::log_softmax(parts[w], 0);
                sum -= (entry(log, window.span_begin, 0) + entry(log, window.span_end, 1)) / 2;
                ++windows;
                none = std::min(none, entry(parts[w], 0, 0) + entry(parts[w], 0, 1));
                for (std::size_t b = 0; b < window.ids.size(); ++b) {
                    for (std::size_t e = b; e < std::min(window.ids.size(), b + 3); ++e) {
                        if (window.offsets[b].empty() || window.offsets[e].empty()) continue;
                        const double score = entry(parts[w], static_cast<std::int64_t>(b), 0) +
                                             entry(parts[w], static_cast<std::int64_t>(e), 1);
                        if (score <= best) continue;
                        best = score;
                        answer = example.text.substr(window.offsets[b].begin,
                                                     window.offsets[e].end - window.offsets[b].begin);
                    }
                }
            }
            QCOMPARE(result.predictions[i].predicted, none >= best ? std::string() : answer);
        }
        compare(result.loss, sum / windows, "loss");
        QCOMPARE(result.predictions[0].expected, std::string("q r"));
        QCOMPARE(result.predictions[1].expected, std::string());
        // One window holds the answer at least, and its tokens are the answer's.
        bool found = false;
        for (const EncodedExample& window : scene.encoded(0)) {
            if (window.span_begin == 0) continue;
            found = true;
            QCOMPARE(text.substr(window.offsets[std::size_t(window.span_begin)].begin, 3), std::string("q r"));
        }
        QVERIFY(found);
    }

    // Rank of the right token among all at the blank: where masked models read both sides, decoders read what stands
    // in front.
    void blanks_data() { add_families({"bert", "roberta", "gpt2", "llama"}); }
    void blanks() {
        QFETCH(QString, family);
        Scene scene(family, language_head(family), LabelForm::one_class, "cloze",
                    {{{"text", "a b [MASK] c"}, {"target", "d"}}, {{"text", "e [MASK]"}, {"target", "f"}}});
        Asking asking(*scene.data, *scene.model, {}, 1, 0);
        const Evaluation result = scene.evaluated(&asking);
        const c10::NoGradGuard guard;
        double sum = 0, first = 0, reciprocal = 0;
        for (std::size_t i = 0; i < 2; ++i) {
            const Sequence sequence = asking.training_sequence("test", i);
            const PackedBatch batch = PackedBatch::pack({&sequence, 1}, at::kCPU);
            const at::Tensor logits = scene.model->logits(batch, {});
            QCOMPARE(logits.size(0), std::int64_t(1));
            const std::int64_t right = scene.data->tokenizer().id_of(i == 0 ? "d" : "f");
            sum -= at::log_softmax(logits, -1)[0][right].item<double>();
            std::int64_t rank = 1;
            for (std::int64_t token = 0; token < logits.size(1); ++token)
                rank += entry(logits, 0, token) > entry(logits, 0, right) ? 1 : 0;
            first += rank == 1 ? 1 : 0;
            reciprocal += 1.0 / static_cast<double>(rank);
            QCOMPARE(result.predictions[i].expected, std::string(i == 0 ? "d" : "f"));
        }
        compare(result.loss, sum / 2, "loss");
        compare(result.metrics.at("p_at_1"), first / 2, "P@1");
        compare(result.metrics.at("mrr"), reciprocal / 2, "mean reciprocal rank");
    }

    // States that are kept once serve every evaluation, however many sequences an item has.
    void frozenStatesGiveTheSame_data() {
        QTest::addColumn<QString>("family");
        QTest::addColumn<QString>("kind");
        for (const char* family : {"bert", "llama"})
            for (const char* kind : {"choice", "tags", "spans"})
                QTest::addRow("%s on %s", kind, family)
                    << QString(QLatin1String(family)) << QString(QLatin1String(kind));
    }
    void frozenStatesGiveTheSame() {
        QFETCH(QString, family);
        QFETCH(QString, kind);
        std::unique_ptr<Scene> scene;
        if (kind == QLatin1String("choice"))
            scene = std::make_unique<Scene>(
                family, HeadKind::sequence_classification, LabelForm::choice, "multiple_choice",
                std::vector<Json>{{{"text", "a b"}, {"options", {"c", "d e", "f"}}, {"label", "C"}},
                                  {{"text", "g"}, {"options", {"h", "i"}}, {"label", 0}}});
        else if (kind == QLatin1String("tags"))
            scene =
                std::make_unique<Scene>(family, HeadKind::token_classification, LabelForm::one_class, "tagging",
                                        std::vector<Json>{{{"words", {"a", "b", "cde"}}, {"tags", {"O", "B-X", "I-X"}}},
                                                          {{"words", {"f", "g"}}, {"tags", {"O", "O"}}}},
                                        Json{{"labels", {"O", "B-X", "I-X"}}});
        else
            scene = std::make_unique<Scene>(
                family, HeadKind::extractive_span, LabelForm::one_class, "span",
                std::vector<Json>{
                    {{"text", "c d e f g h i k l m n o p q r s t"}, {"pair", "a b"}, {"answers", {"q r"}}},
                    {{"text", "x y z"}, {"pair", "a"}, {"answers", {"y"}}}},
                Json{{"max_tokens", 16}, {"settings", {{"overlap", 4}}}});
        scene->model->train_head();
        const Evaluation computed = scene->evaluated();
        FrozenStore store;
        const FrozenPlan plan{[](const std::string&) { return std::int64_t{2}; }, 100, 1};
        FrozenStates frozen(*scene->model, scene->data, store, plan);
        for (int time = 0; time < 2; ++time) {
            const Evaluation kept = scene->evaluated(nullptr, &frozen);
            compare(kept.loss, computed.loss, "loss");
            for (std::size_t i = 0; i < 2; ++i)
                QCOMPARE(kept.predictions[i].predicted, computed.predictions[i].predicted);
        }
        QVERIFY(store.bytes() > 0);
    }

    void blanksWithCandidates() {
        Scene scene(QStringLiteral("bert"), HeadKind::masked_lm, LabelForm::one_class, "cloze",
                    {{{"text", "a [MASK] b"}, {"target", "cd"}}}, {{"labels", {"x", "cd", "y z"}}});
        Asking asking(*scene.data, *scene.model, {}, 1, 0);
        QVERIFY(asking.chooses());
        const Evaluation result = scene.evaluated(&asking);
        const double rank = 1 / result.metrics.at("mrr");
        QVERIFY(rank >= 1 && rank <= 3 && std::abs(rank - std::round(rank)) < 1e-9);
        QCOMPARE(rank == 1, result.predictions[0].predicted == "cd");
    }
};

DIAPASON_TEST(TestAnswers)
#include "test_answers.moc"
