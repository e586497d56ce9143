// Prompting: what is asked, what stands in front of it, how answers are scored.

#include "core/library/library.h"
#include "experiments/engine/asking.h"
#include "experiments/engine/run_model.h"
#include "experiments/study/study.h"
#include "methods/catalog/method_info.h"
#include "tests/support/program.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <c10/core/GradMode.h>

#include <set>

using namespace diapason;
using namespace diapason::testing;

namespace {

/// A run's model and how it is asked.
struct Asked {
    RunSpec spec;
    std::shared_ptr<TaskData> data;
    std::unique_ptr<Model> model;
    OptionValues options;
    std::unique_ptr<Asking> asking;

    Asked(const std::string& backbone, const std::string& task, const std::string& method, const Json& given,
          std::uint64_t seed = 1) {
        Json document = tiny_study();
        document["backbone"] = backbone;
        document["task"] = task;
        document["methods"] = {{{"method", method}, {"options", given}}};
        spec = expand(study_from_json(document, "test")).front().spec;
        spec.seed = seed;
        spec.training_options["max_tokens"] = 16;
        spec.training_options["answers"] = "words";
        const ResolvedRun run = resolve_run(spec);
        data = shared_task_data(run);
        model = build_run_model(run, *data);
        std::vector<Problem> problems;
        options = OptionValues::from_json(method_info(method).options, spec.method_options, "", problems);
        asking = std::make_unique<Asking>(*data, *model, asking_options(method_info(method), options), seed, 50);
    }

    std::string text(const std::string& split, std::size_t item) {
        return data->tokenizer().decode(asking->prompt(split, item));
    }
    Example example(const std::string& split, std::size_t item) { return data->split(split).examples[item]; }
};

std::size_t occurrences(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

} // namespace

class TestAsking : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // Words that differ only in what the tokenizer drops are one answer; the check of a study cannot know.
    void wordsOfTheSameTokensAreRefused() {
        TemporaryFolder folder;
        std::string rows = "sentence\tlabel\n";
        for (int i = 0; i < 60; ++i)
            rows += "row " + std::to_string(i) + (i % 2 ? "\tp\n" : "\tn\n");
        write_text(folder / "a.tsv", rows);
        const auto task = [&](const std::string& words) {
            const Json document = {{"format", "diapason-task"},
                                   {"reader", "tsv"},
                                   {"data", {{"train", "a.tsv"}, {"validation", "a.tsv"}, {"test", "a.tsv"}}},
                                   {"columns", {{"text", "sentence"}, {"label", "label"}}},
                                   {"labels", {{{"id", "p"}, {"words", "good"}}, {{"id", "n"}, {"words", words}}}}};
            const auto file = folder / ("words-" + words + ".json");
            write_text(file, document.dump());
            return file.string();
        };
        Asked("encoder-mini", task("bad"), "in_context", Json::object());
        const Caught error = caught([&] { Asked("encoder-mini", task("GOOD"), "in_context", Json::object()); });
        QVERIFY2(error.says("same tokens") && error.says("p"), error.message.c_str());
    }

    void aQuestionHasItsDemonstrationsInFront() {
        Asked asked("decoder-mini", "section", "in_context", {{"demonstrations", 2}, {"choice", "first"}});
        const std::string text = asked.text("test", 0);
        QCOMPARE(occurrences(text, "Section:"), std::size_t(3));
        QVERIFY2(text.ends_with("Section:"), text.c_str()); // the answer brings its space
        const auto words = [&](std::size_t item) {
            return asked.data->task().labels[std::size_t(asked.example("train", item).label_index)].words;
        };
        const auto first = text.find("Section: " + words(0) + "\n\n"), second = text.find("Section: " + words(1));
        QVERIFY2(first != std::string::npos && second != std::string::npos && first < second, text.c_str());
        QVERIFY(text.find(asked.example("test", 0).text.substr(0, 20)) > second);
        Asked bare("decoder-mini", "section", "in_context", {{"demonstrations", 0}});
        QCOMPARE(occurrences(bare.text("test", 0), "Section:"), std::size_t(1));
        Asked own("decoder-mini", "section", "in_context",
                  {{"demonstrations", 1}, {"question", "Package: {text} Kind: {answer}"}});
        QCOMPARE(occurrences(own.text("test", 0), "Kind:"), std::size_t(2));
        QVERIFY(caught([] {
                    Asked("decoder-mini", "section", "in_context", {{"question", "{answer} {text}"}});
                }).says("question"));
    }

    void demonstrationsAreChosenAsAsked() {
        Asked asked("decoder-mini", "section", "in_context", {{"demonstrations", 3}});
        const auto chosen = [&](DemonstrationOptions::Choice choice, std::uint64_t seed, const std::string& split,
                                std::size_t item) {
            DemonstrationOptions options;
            options.count = 3;
            options.choice = choice;
            options.seed = seed;
            options.limit = 50;
            return Demonstrations(*asked.data, *asked.model, options).of(split, item);
        };
        using Choice = DemonstrationOptions::Choice;
        QCOMPARE(chosen(Choice::first, 1, "test", 0), (std::vector<std::size_t>{0, 1, 2}));
        QCOMPARE(chosen(Choice::first, 1, "train", 1), (std::vector<std::size_t>{0, 2, 3})); // never itself
        QCOMPARE(chosen(Choice::random, 1, "test", 0), chosen(Choice::random, 1, "test", 5));
        QVERIFY(chosen(Choice::random, 1, "test", 0) != chosen(Choice::random, 2, "test", 0));
        QVERIFY(chosen(Choice::random_each, 1, "test", 0) != chosen(Choice::random_each, 1, "test", 5));
        for (const Choice choice : {Choice::random, Choice::random_each, Choice::similar}) {
            for (std::size_t item = 0; item < 50; ++item) {
                const auto list = chosen(choice, 7, "train", item);
                QCOMPARE(std::set<std::size_t>(list.begin(), list.end()).size(), std::size_t(3));
                QVERIFY(std::find(list.begin(), list.end(), item) == list.end());
                QVERIFY(*std::max_element(list.begin(), list.end()) < 50);
            }
        }
    }

    // The last of the similar ones is at least as near as the one before it, and nearer than a random one on average.
    void similarOnesAreNear() {
        Asked asked("encoder-mini", "section", "in_context", {{"demonstrations", 1}, {"choice", "similar"}});
        DemonstrationOptions options;
        options.count = 1;
        options.choice = DemonstrationOptions::Choice::similar;
        options.limit = 1000;
        Demonstrations all(*asked.data, *asked.model, options);
        std::size_t right = 0;
        for (std::size_t item = 0; item < 60; ++item)
            right += asked.example("train", all.of("test", item).back()).label == asked.example("test", item).label;
        QVERIFY2(right > 12, std::to_string(right).c_str()); // of twelve classes chance finds 5 of 60
    }

    void whatHasNoRoomGivesWay() {
        Asked asked("decoder-mini", "section", "in_context", {{"demonstrations", 100}});
        const auto prompt = asked.asking->prompt("test", 0);
        QVERIFY(std::ssize(prompt) <= asked.model->config().max_positions);
        QVERIFY(std::ssize(prompt) > asked.model->config().max_positions - 100);
        QVERIFY(asked.asking->dropped());
    }

    // Scoring the right answer and training on it are one loss: causal and masked models, words of several tokens.
    void answersAreScoredAsTheyAreTrained_data() {
        QTest::addColumn<QString>("backbone");
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("scoring");
        for (const char* backbone : {"decoder-mini", "encoder-mini"}) {
            for (const char* scoring : {"sum", "mean"})
                QTest::addRow("%s %s", backbone, scoring) << backbone << "in_context" << scoring;
            QTest::addRow("%s with a prompt", backbone) << backbone << "instruction_prompt_tuning"
                                                        << "";
        }
    }
    void answersAreScoredAsTheyAreTrained() {
        QFETCH(QString, backbone);
        QFETCH(QString, method);
        QFETCH(QString, scoring);
        Json options = {{"demonstrations", 1}};
        if (!scoring.isEmpty()) options["scoring"] = scoring.toStdString();
        Asked asked(backbone.toStdString(), "section", method.toStdString(), options);
        const c10::NoGradGuard guard;
        const std::vector<std::int64_t> items = {0, 1, 2, 3, 4};
        const Asking::Answers answers = asked.asking->answers("test", items, {});
        QVERIFY(answers.scores.sizes() == at::IntArrayRef({5, 12}));
        std::vector<Sequence> sequences;
        for (const std::int64_t item : items)
            sequences.push_back(asked.asking->training_sequence("test", std::size_t(item)));
        const PackedBatch batch = asked.model->pack(sequences);
        const LossTerms terms = asked.model->loss(asked.model->logits(batch, {}), batch);
        QCOMPARE(answers.loss_count, terms.count);
        QVERIFY(std::abs(answers.loss_sum - terms.sum.item<double>()) < 1e-3 * answers.loss_sum);
    }

    // What is divided by is the same for all questions with the same demonstrations, and a distribution.
    void calibrationTakesTheBiasOut() {
        const Json plain = {{"demonstrations", 2}},
                   calibrated = {{"demonstrations", 2}, {"calibration", "content_free"}};
        Asked without("decoder-mini", "section", "in_context", plain),
            with("decoder-mini", "section", "in_context", calibrated);
        const std::vector<std::int64_t> items = {0, 1, 2};
        const at::Tensor change =
            without.asking->answers("test", items, {}).scores - with.asking->answers("test", items, {}).scores;
        QVERIFY(at::allclose(change[0], change[1], 1e-4, 1e-4));
        QVERIFY(at::allclose(change[0], change[2], 1e-4, 1e-4));
        QVERIFY(std::abs(change[0].exp().sum().item<double>() - 1) < 1e-4);
        QVERIFY(change[0].max().item<double>() - change[0].min().item<double>() > 0.1); // there was a bias
    }

    void stoppingGivesNothing() {
        Asked asked("decoder-mini", "section", "in_context", {{"demonstrations", 1}});
        QVERIFY(!asked.asking->answers("test", {0, 1}, [] { return true; }).scores.defined());
    }
};

DIAPASON_TEST(TestAsking)
#include "test_asking.moc"
