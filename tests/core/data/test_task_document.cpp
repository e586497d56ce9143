// Tasks as studies store them: the same task again, wherever it is read.

#include "core/base/paths.h"
#include "core/data/task_document.h"
#include "core/data/tasks_document.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

class TestTaskDocument : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void tasksSurviveTheirDocument() {
        for (const ListedTask& listed : list_tasks()) {
            const Task& task = listed.task.value();
            const Json definition = to_json(task);
            const Task again = stored_task(parse_json(definition.dump(), "x"), "x");
            QCOMPARE(to_json(again), definition); // a run that goes on stores the same bytes
            QCOMPARE(again.id, task.id);
            QVERIFY(again.kind == task.kind);
            QCOMPARE(again.data.size(), task.data.size());
            for (const auto& [split, file] : task.data)
                QVERIFY2(std::filesystem::equivalent(again.data.at(split), file), file.c_str());
            QVERIFY(again.columns == task.columns);
            QCOMPARE(again.classes(), task.classes());
            for (std::size_t i = 0; i < task.labels.size(); ++i)
                QVERIFY(again.labels[i].id == task.labels[i].id && again.labels[i].words == task.labels[i].words);
            QVERIFY(again.question == task.question && again.text_template == task.text_template &&
                    again.target_template == task.target_template);
            QVERIFY(again.max_tokens == task.max_tokens && again.max_target_tokens == task.max_target_tokens);
            QCOMPARE(again.metrics, task.metrics);
            QCOMPARE(again.primary_metric, task.primary_metric);
            QVERIFY(definition.dump().find(resource_folder().string()) == std::string::npos); // it moves with Diapason
        }
    }

    void pathsOfAUsersDataAreAbsolute() {
        TemporaryFolder folder;
        write_text(folder / "mine.tsv", "sentence\tlabel\nAn x.\ta\nA y.\tb\n");
        const auto before = std::filesystem::current_path();
        std::filesystem::current_path(folder.path());
        const Json definition = to_json(task_of_data_file("mine.tsv"));
        std::filesystem::current_path(before);
        const Task again = stored_task(definition, "x");
        QVERIFY(again.data.at("test").is_absolute());
        QVERIFY(std::filesystem::equivalent(again.data.at("test"), folder / "mine.tsv"));
        QCOMPARE(again.labels.size(), std::size_t(2));
    }

    void theDocumentOfAllKindsIsCurrent() {
        const std::string stored = read_file(source_folder() / "docs/TASKS.md", 1u << 20);
        QVERIFY2(stored == tasks_document(),
                 "docs/TASKS.md is out of date: diapason-cli tasks --markdown > docs/TASKS.md");
    }
};

DIAPASON_TEST(TestTaskDocument)
#include "test_task_document.moc"
