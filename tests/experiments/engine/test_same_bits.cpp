// slow
// A specification has one result: the same bits every time, for every method and for words inside the input.

#include "core/library/library.h"
#include "methods/catalog/method_info.h"
#include "tests/support/runs.h"

using namespace diapason;
using namespace diapason::testing;

class TestSameBits : public QObject {
    Q_OBJECT

    static void countsAreAsPromised(const RunSpec& spec, const Record& record) {
        const RunBegan* began = nullptr;
        for (const RunEvent& event : record.events)
            if (const auto* found = std::get_if<RunBegan>(&event)) began = found;
        QVERIFY(began);
        const MethodInfo& info = method_info(spec.method);
        std::vector<Problem> problems;
        const auto options = OptionValues::from_json(info.options, spec.method_options, "", problems);
        const ParameterCounts counts = info.count(read_backbone_config(resolve_backbone(spec.backbone)),
                                                  {info.asks ? "masked_lm" : "sequence_classification", 12}, options);
        QCOMPARE(began->trained, counts.trained);
        QCOMPARE(began->stored, counts.stored);
        QCOMPARE(began->stored_bits, counts.stored_bits);
        QCOMPARE(began->head, counts.head);
    }

private Q_SLOTS:
    void sameSpecSameBits_data() {
        QTest::addColumn<QString>("method");
        for (const MethodInfo& info : method_catalog())
            QTest::newRow(info.id.c_str()) << QString::fromStdString(info.id);
    }
    void sameSpecSameBits() {
        QFETCH(QString, method);
        const RunSpec spec = spec_of(method.toStdString(), {{"backbone_dropout", true}});
        const Record first = execute(spec), second = execute(spec);
        QVERIFY2(first.state == RunState::finished, first.last().message.c_str());
        QCOMPARE(bits_of(first), bits_of(second));
        const bool trains = method != QLatin1String("in_context"); // prompting is one evaluation
        QCOMPARE(first.points({"train", "", "loss"}).size(), std::size_t(trains ? 6 : 0));
        QCOMPARE(first.points({"validation", "", "accuracy"}).size(), std::size_t(trains ? 2 : 1));
        QCOMPARE(first.points({"test", "", "accuracy"}).size(), std::size_t(1));
        QVERIFY(first.last().summary["frozen_unchanged"].get<bool>());
        countsAreAsPromised(spec, first);
        RunSpec other = spec;
        other.seed = 2;
        QVERIFY(bits_of(execute(other)) != bits_of(first));
    }

    void placesInsideTheInput_data() {
        QTest::addColumn<QString>("backbone");
        QTest::addColumn<QString>("task");
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("options");
        QTest::addColumn<QString>("answers");
        const char* inside = R"({"placement": "template", "template": "{2}{text} is about {3}"})";
        const char* infix = R"({"placement": "infix", "length": 4, "hidden": 16})";
        for (const char* backbone : {"encoder-mini", "decoder-mini"}) {
            for (const char* answers : {"head", "words"})
                QTest::addRow("template %s %s", backbone, answers) << backbone << "section"
                                                                   << "p_tuning" << inside << answers;
        }
        QTest::newRow("template, written") << "decoder-mini"
                                           << "synopsis"
                                           << "p_tuning" << inside << "head";
        QTest::newRow("infix") << "decoder-mini"
                               << "section"
                               << "prefix_tuning" << infix << "head";
        QTest::newRow("infix, written") << "decoder-mini"
                                        << "synopsis"
                                        << "prefix_tuning" << infix << "head";
        QTest::newRow("words of a decoder") << "decoder-mini"
                                            << "section"
                                            << "lora"
                                            << "{}"
                                            << "words";
        QTest::newRow("words of an ensemble") << "encoder-mini"
                                              << "section"
                                              << "prompt_tuning"
                                              << R"({"members": 3, "length": 4})"
                                              << "words";
        QTest::newRow("an ensemble by its mean") << "encoder-mini"
                                                 << "section"
                                                 << "prompt_tuning"
                                                 << R"({"members": 3, "length": 4, "ensemble": "mean"})"
                                                 << "head";
        QTest::newRow("written from examples") << "decoder-mini"
                                               << "synopsis"
                                               << "in_context"
                                               << R"({"demonstrations": 2})"
                                               << "head";
        QTest::newRow("written with a prompt") << "decoder-mini"
                                               << "synopsis"
                                               << "instruction_prompt_tuning"
                                               << R"({"length": 4})"
                                               << "head";
    }
    void placesInsideTheInput() {
        QFETCH(QString, backbone);
        QFETCH(QString, task);
        QFETCH(QString, method);
        QFETCH(QString, options);
        QFETCH(QString, answers);
        RunSpec spec =
            spec_of("lora", {{"answers", answers.toStdString()}, {"max_evaluation_items", 6}, {"max_test_items", 6}});
        spec.method = method.toStdString();
        std::vector<Problem> problems;
        spec.method_options = OptionValues::from_json(method_info(spec.method).options,
                                                      parse_json(options.toStdString(), "test"), "", problems)
                                  .json();
        throw_if_any(problems, "test");
        spec.backbone = backbone.toStdString();
        spec.task = task.toStdString();
        const Record record = execute(spec);
        QVERIFY2(record.state == RunState::finished, record.last().message.c_str());
        QVERIFY(record.metric({"test", "", task == QLatin1String("section") ? "accuracy" : "rouge_l"}));
        QCOMPARE(record.metric({"test", "", measure::mean_of_members("accuracy")}).has_value(),
                 options.contains(QLatin1String("members")));
        QCOMPARE(bits_of(record), bits_of(execute(spec)));
    }
};

DIAPASON_TEST(TestSameBits)
#include "test_same_bits.moc"
