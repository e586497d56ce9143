#include "ui/design/data_dialog.h"

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/data/lines.h"
#include "core/data/own_tasks.h"
#include "ui/frame/question.h"
#include "ui/theme/combo_box.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QDialogButtonBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QHeaderView>
#include <QScrollArea>
#include <QSplitter>
#include <QVBoxLayout>

namespace diapason::ui {
namespace {

constexpr int narrowestColumn = 110; // of a field's name
constexpr int longestCell = 200;     // characters that a cell shows

QStringList lines(const std::vector<std::string>& texts) {
    QStringList list;
    for (const std::string& text : texts)
        list << qs(text);
    return list;
}

// The field that a column fills, as the task has it.
QString fieldOf(const Task& task, const std::string& column) {
    for (const auto& [field, names] : task.columns)
        if (std::find(names.begin(), names.end(), column) != names.end()) return qs(field);
    return {};
}

QTableWidgetItem* cell(const QString& text, bool number = false) {
    auto* item = new QTableWidgetItem(text);
    item->setTextAlignment((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    return item;
}

} // namespace

DataDialog::DataDialog(const QString& file, QWidget* parent)
    : QDialog(parent),
      m_file(file),
      m_name(new QLineEdit(QFileInfo(file).completeBaseName())),
      m_kind(new ComboBox),
      m_skip(new QCheckBox(tr("&Leave out rows with faults, and count them"))),
      m_rows(new QTableWidget),
      m_splits(new QTableWidget),
      m_reasons(label("secondary")),
      m_warnings(label("")),
      m_leastHead(label("heading", tr("Reached without a model"))),
      m_least(label("")),
      m_message(label("error")) {
    setWindowTitle(tr("Data: %1").arg(QFileInfo(file).fileName()));
    setObjectName(QStringLiteral("dataDialog"));
    resize(900, 620);
    m_name->setObjectName(QStringLiteral("dataName"));
    m_kind->setObjectName(QStringLiteral("dataKind"));
    for (const TaskKind* kind : task_kinds())
        m_kind->addItem(tr(kind->title()), QString::fromLatin1(kind->name()));
    m_rows->setObjectName(QStringLiteral("dataRows"));
    m_rows->setAccessibleName(tr("First rows of the file"));
    m_rows->setEditTriggers(QAbstractItemView::NoEditTriggers);
    dressTable(m_rows);
    m_rows->setSelectionMode(QAbstractItemView::NoSelection);
    m_message->setObjectName(QStringLiteral("dataMessage"));
    m_skip->setObjectName(QStringLiteral("dataSkip"));
    m_skip->hide(); // until a row has a fault
    auto* form = new QFormLayout;
    form->addRow(tr("&Name of the task"), m_name);
    form->addRow(tr("&Kind"), m_kind);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_use = buttons->addButton(tr("Use this data"), QDialogButtonBox::AcceptRole);
    m_use->setObjectName(QStringLiteral("dataUse"));
    m_use->setProperty("primary", true);
    m_use->setDefault(true);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->addWidget(m_rows);
    splitter->addWidget(buildFacts());
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(m_message);
    layout->addWidget(m_skip);
    layout->addWidget(splitter, 1);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &DataDialog::keep);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_kind, &QComboBox::activated, this, [this] {
        m_kindWanted = m_kind->currentData().toString().toStdString();
        columnsChosen();
    });
    connect(&m_reader, &LatestWork::progressed, this, [this](const QString& part, int percent) {
        m_message->setText(tr("%1… %2 %").arg(part, QString::number(percent)));
    });
    connect(m_skip, &QCheckBox::toggled, this, &DataDialog::columnsChosen);
    KnownOfTask nothing;
    nothing.tolerant = true;
    read(nothing);
}

QWidget* DataDialog::buildFacts() {
    m_splits->setObjectName(QStringLiteral("dataSplits"));
    m_splits->setAccessibleName(tr("Splits"));
    m_splits->setEditTriggers(QAbstractItemView::NoEditTriggers);
    dressTable(m_splits);
    m_warnings->setObjectName(QStringLiteral("dataWarnings"));
    m_reasons->setObjectName(QStringLiteral("dataReasons"));
    auto* texts = new QWidget;
    auto* layout = new QVBoxLayout(texts);
    layout->addWidget(m_warnings);
    layout->addWidget(m_leastHead);
    layout->addWidget(m_least);
    layout->addWidget(label("heading", tr("Why it is read so")));
    layout->addWidget(m_reasons);
    layout->addStretch();
    auto* scroll = new QScrollArea;
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidget(texts);
    auto* splitter = new QSplitter;
    splitter->addWidget(m_splits);
    splitter->addWidget(scroll);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    return splitter;
}

void DataDialog::read(const KnownOfTask& known) {
    m_use->setEnabled(false);
    m_message->setVisible(true);
    m_message->setText(tr("Reading %1…").arg(QFileInfo(m_file).fileName()));
    m_reader.start([this, known, file = std::filesystem::path(m_file.toStdString())]() -> std::function<void()> {
        auto reading = std::make_shared<Reading>();
        try {
            reading->guess = guess_task(file, known);
            reading->badRows = reading->guess->bad_rows;
            if (reading->guess->fault) throw *reading->guess->fault;
            reading->baselines = baselines_of(reading->guess->task, "test");
            reading->report = report_on(reading->guess->task);
        } catch (const Error& error) {
            reading->problem = qs(error.what());
            reading->badRows = reading->badRows || dynamic_cast<const BadLines*>(&error) != nullptr;
        }
        return [this, reading] { showReading(reading); };
    });
}

void DataDialog::showReading(const std::shared_ptr<const Reading>& reading) {
    // What the user has chosen stays in sight when it does not work.
    if (reading->guess) m_reading = reading;
    m_use->setEnabled(reading->report.has_value());
    m_message->setText(reading->problem);
    m_message->setVisible(!reading->problem.isEmpty());
    m_skip->setVisible(m_skip->isChecked() || reading->badRows);
    if (reading->guess) {
        const GuessedTask& guess = *reading->guess;
        m_kind->setCurrentIndex(m_kind->findData(QString::fromLatin1(guess.task.kind->name())));
        m_reasons->setText(lines(guess.reasons).join(QLatin1Char('\n')));
        showRows(guess);
    }
    showReport(*reading);
    Q_EMIT wasRead();
}

void DataDialog::showRows(const GuessedTask& guess) {
    m_rows->setRowCount(0);
    m_rows->setColumnCount(static_cast<int>(guess.names.size()));
    m_rows->setHorizontalHeaderLabels(lines(guess.names));
    m_rows->setVisible(!guess.names.empty());
    m_rows->setRowCount(static_cast<int>(guess.rows.size()) + 1);
    // The first row says what each column is.
    for (int column = 0; column < m_rows->columnCount(); ++column) {
        auto* field = new ComboBox;
        field->setObjectName(QStringLiteral("dataField%1").arg(column));
        field->setAccessibleName(tr("What the column %1 is").arg(qs(guess.names[static_cast<std::size_t>(column)])));
        field->addItem(tr("not used"), QString());
        for (const ExampleField& known : example_fields()) {
            field->addItem(QString::fromLatin1(known.name), QString::fromLatin1(known.name));
            field->setItemData(field->count() - 1, tr(known.help), Qt::ToolTipRole);
        }
        field->setCurrentIndex(field->findData(fieldOf(guess.task, guess.names[static_cast<std::size_t>(column)])));
        connect(field, &QComboBox::activated, this, &DataDialog::columnsChosen);
        m_rows->setCellWidget(0, column, field);
    }
    for (std::size_t row = 0; row < guess.rows.size(); ++row) {
        for (std::size_t column = 0; column < std::min(guess.names.size(), guess.rows[row].size()); ++column)
            m_rows->setItem(static_cast<int>(row) + 1, static_cast<int>(column),
                            cell(qs(guess.rows[row][column]).left(longestCell).simplified()));
    }
    fitColumns(m_rows, 420);
    for (int column = 0; column < m_rows->columnCount(); ++column)
        m_rows->setColumnWidth(column, std::max(m_rows->columnWidth(column), narrowestColumn));
}

void DataDialog::showReport(const Reading& reading) {
    QStringList least;
    for (const Baseline& baseline : reading.baselines) {
        const MetricInfo& metric = metric_info(reading.guess->task.primary_metric);
        const auto value = baseline.metrics.find(metric.name);
        if (value == baseline.metrics.end()) continue;
        least << tr("%1: %2 %3 %4")
                     .arg(qs(baseline.name), qs(metric.label),
                          qs(format_number(value->second * metric.scale, metric.decimals)), qs(metric.unit));
    }
    m_least->setText(least.join(QLatin1Char('\n')));
    for (QLabel* shown : {m_leastHead, m_least})
        shown->setVisible(!least.isEmpty());
    m_splits->clear();
    m_splits->setRowCount(0);
    m_splits->setColumnCount(0);
    m_warnings->setText(reading.report ? lines(reading.report->warnings).join(QLatin1Char('\n')) : QString());
    m_warnings->setVisible(reading.report && !reading.report->warnings.empty());
    if (!reading.report) return;
    const Task& task = reading.guess->task;
    QStringList heads = {tr("Split"), tr("Rows")};
    for (const TaskLabel& entry : task.labels)
        heads << qs(entry.id);
    m_splits->setColumnCount(static_cast<int>(heads.size()));
    m_splits->setHorizontalHeaderLabels(heads);
    for (const SplitReport& split : reading.report->splits) {
        const int row = m_splits->rowCount();
        m_splits->insertRow(row);
        m_splits->setItem(row, 0, cell(qs(split.split)));
        m_splits->setItem(row, 1, cell(qs(format_count(static_cast<std::int64_t>(split.rows))), true));
        for (int column = 2; column < heads.size(); ++column) {
            const auto found = split.answers.find(task.labels[static_cast<std::size_t>(column) - 2].id);
            const std::size_t count = found == split.answers.end() ? 0 : found->second;
            m_splits->setItem(row, column, cell(qs(format_count(static_cast<std::int64_t>(count))), true));
        }
    }
    fitColumns(m_splits, 200);
}

KnownOfTask DataDialog::chosen() const {
    KnownOfTask known;
    known.kind = m_kindWanted;
    known.tolerant = true;
    known.skip_bad_rows = m_skip->isChecked();
    known.complete = m_rows->columnCount() > 0;
    for (int column = 0; column < m_rows->columnCount(); ++column) {
        const auto* field = qobject_cast<QComboBox*>(m_rows->cellWidget(0, column));
        const std::string name = field->currentData().toString().toStdString();
        if (!name.empty()) known.columns[name].push_back(m_reading->guess->names[static_cast<std::size_t>(column)]);
    }
    return known;
}

void DataDialog::columnsChosen() {
    if (m_reading) read(chosen());
}

void DataDialog::keep() {
    Task task = m_reading->guess->task;
    task.id = task.title = m_name->text().trimmed().toStdString();
    try {
        std::error_code unreadable;
        const bool there = std::filesystem::exists(own_task_file(task.id), unreadable);
        if (there && !Question(tr("Replace task"), tr("Replace the task %1?").arg(qs(task.id)),
                               tr("Studies that are stored keep the task as it was."), tr("Replace"), tr("Keep"), this)
                          .agreed())
            return;
        keep_task(task, there);
    } catch (const Error& error) {
        m_message->setText(qs(error.what()));
        m_message->setVisible(true);
        return;
    }
    m_kept = qs(task.id);
    accept();
}

} // namespace diapason::ui
