// Score against size: each arm's mean with its 95 % t-interval over the number of trained parameters.
#pragma once

#include "experiments/results/results.h"
#include "ui/results/size_marks.h"

namespace diapason::ui {

class SizePlot : public QCustomPlot {
    Q_OBJECT
public:
    explicit SizePlot(QWidget* parent = nullptr);
    void setTable(const ResultTable& table);
    QSize minimumSizeHint() const override { return {260, 180}; }

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;

private:
    void draw();
    void takePoints(std::size_t metric);
    void drawNames();
    ResultTable m_table;
    SizeMarks* m_marks;
};

} // namespace diapason::ui
