// Prompts side by side in one pass: each as if it were alone.

#include "core/train/adamw.h"
#include "tests/support/tiny_methods.h"

#include <ATen/ops/allclose.h>

using namespace diapason;
using namespace diapason::testing;

namespace {

constexpr std::int64_t members = 3, length = 4;

std::unique_ptr<Model> with_prompts(const std::string& family, const HeadSpec& head, std::int64_t count) {
    auto model = tiny_model(family, head);
    attach(*model, "prompt_tuning", {{"length", length}, {"init", "random"}, {"members", count}});
    return model;
}

Parameter& rows_of(Model& model) {
    return model.deltas().at(model.config().stack() + ".embedding.prompt");
}

} // namespace

class TestPromptEnsemble : public QObject {
    Q_OBJECT

    void add_families() {
        QTest::addColumn<QString>("family");
        for (const char* family : all_families)
            QTest::newRow(family) << family;
    }

private Q_SLOTS:
    void membersAnswerAsIfAlone_data() { add_families(); }
    void membersAnswerAsIfAlone() {
        QFETCH(QString, family);
        for (const HeadSpec& head : heads_of(family.toStdString())) {
            const auto model = with_prompts(family.toStdString(), head, members);
            const c10::NoGradGuard guard;
            const auto sequences = tiny_sequences(head);
            QCOMPARE(model->pack(sequences).sequences(), members * std::ssize(sequences));
            const at::Tensor flat = model->logits(model->pack(sequences), {});
            const at::Tensor all = flat.view({members, -1, flat.size(1)});
            for (std::int64_t member = 0; member < members; ++member) {
                model->prompt()->choose(member);
                QVERIFY(at::allclose(model->logits(model->pack(sequences), {}), all[member], 1e-4, 1e-5));
                model->prompt()->choose(-1);
            }
            QVERIFY(!at::allclose(all[0], all[1], 1e-3, 1e-3));
        }
    }

    // A frozen language model's head: members share nothing, so that each is trained as in a run of its own.
    void membersTrainAsIfAlone_data() { add_families(); }
    void membersTrainAsIfAlone() {
        QFETCH(QString, family);
        const HeadSpec head = heads_of(family.toStdString()).back();
        const auto sequences = tiny_sequences(head);
        // As a run normalises: the sum over labels, divided by those that one member sees.
        const auto train = [&](Model& model) {
            AdamW optimiser({rows_of(model).value}, {});
            for (int step = 0; step < 5; ++step) {
                const PackedBatch batch = model.pack(sequences);
                const LossTerms terms = model.loss(model.logits(batch, {}), batch);
                terms.sum.backward();
                optimiser.accumulate();
                optimiser.scale_gradients(static_cast<double>(model.members()) / static_cast<double>(terms.count));
                optimiser.step(0.01);
            }
        };
        const auto together = with_prompts(family.toStdString(), head, members);
        const at::Tensor start = rows_of(*together).value.detach().clone();
        train(*together);
        for (std::int64_t member = 0; member < members; ++member) {
            const auto alone = with_prompts(family.toStdString(), head, 1);
            {
                const c10::NoGradGuard guard;
                rows_of(*alone).value.copy_(start.narrow(0, member * length, length));
            }
            train(*alone);
            QVERIFY(at::allclose(rows_of(*alone).value, rows_of(*together).value.narrow(0, member * length, length),
                                 1e-3, 1e-4));
        }
    }

    void membersThatWouldBeOneAreRefused() {
        const auto why = [](const Json& options, std::int64_t classes) {
            std::vector<Problem> problems;
            const MethodInfo& info = method_info("prompt_tuning");
            return info.refusal(tiny_config("bert"), {"sequence_classification", classes},
                                OptionValues::from_json(info.options, options, "", problems));
        };
        QVERIFY(why({{"members", 3}}, 4).empty());
        QVERIFY(why({{"members", 3}, {"init", "text"}}, 4).find("same prompt") != std::string::npos);
        QVERIFY(why({{"members", 3}, {"init", "label"}, {"length", 4}}, 4).find("same prompt") != std::string::npos);
        QVERIFY(why({{"members", 3}, {"init", "label"}, {"length", 5}}, 4).empty());
        QVERIFY(why({{"members", 3}}, 0).find("classes") != std::string::npos);
        QVERIFY(why({{"init", "text"}}, 0).empty());
    }

    void countsAreOfAllMembers() {
        std::vector<Problem> problems;
        const MethodInfo& info = method_info("prompt_tuning");
        const auto options = OptionValues::from_json(info.options, {{"members", 5}, {"length", 7}}, "", problems);
        QCOMPARE(info.count(tiny_config("bert"), {"sequence_classification", 3}, options).trained, 5 * 7 * 16);
    }
};

DIAPASON_TEST(TestPromptEnsemble)
#include "test_prompt_ensemble.moc"
